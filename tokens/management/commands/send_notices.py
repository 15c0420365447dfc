"""`manage.py send_notices`: tell owners what is due to be told."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tokens.presentation.mails.writing import write
from tokens.services.mails.collecting import collect
from tokens.services.mails.sending import send_waiting


class Command(BaseCommand):
    """Sends mails about expiry, changes and use. A timer runs it every few minutes; two at the same time send each mail once."""

    help = "Send owners the mails that are due: expiry dates, changes, leaks, and use that is out of the ordinary."

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect, send, and say how many."""
        collect(timezone.now())
        sent = send_waiting(write, now=timezone.now)
        self.stdout.write(f"Sent {sent.sent}; {sent.unwanted} not wanted; {sent.failed} to be tried again.")
