"""`manage.py tidy`: drop what is old."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.services import drop_old_sessions
from tokens.services import counters
from tokens.services.leaks.reports import look_into_all
from tokens.services.marking import mark_policies
from tokens.services.signed_requests.replays import drop_old
from tokens.services.use.tidying import KEPT_CALLERS, KEPT_DAYS, tidy


class Command(BaseCommand):
    """Drops counts of use that are old. Can run at any time, and again after it was interrupted; a timer runs it daily."""

    help = (
        f"Look into reports of leaks that a crash left behind. Drop counts of use that are older than {KEPT_DAYS} days, and "
        f"all but the newest {KEPT_CALLERS} callers of a token. Mark the policies that an earlier version has checked."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Drop it in batches, and say how much it was."""
        look_into_all()
        dropped: Counter[str] = Counter()
        for label, number in tidy(timezone.now().date()):
            dropped[label] += number
        while number := drop_old_sessions(timezone.now()):
            dropped["sessions"] += number
        while number := drop_old(timezone.now()):
            dropped["taken requests"] += number
        while number := counters.drop_old(timezone.now()):
            dropped["counts of limits"] += number
        marked = sum(mark_policies())
        if marked:
            self.stdout.write(f"Marked {marked:,} policies as checked by the rules of this version.")
        told = ", ".join(f"{number:,} {label}" for label, number in dropped.items())
        self.stdout.write(f"Dropped {told}." if told else "Nothing is old enough to be dropped.")
