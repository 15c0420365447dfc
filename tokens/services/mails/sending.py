"""Sends the mails that wait: each once, however many do it at the same time, and again later where the mail server is away."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import NamedTuple

from django.core.mail import EmailMultiAlternatives
from django.db.models import F, Q, QuerySet

from tokens.models import Mail, MailChoice

logger = logging.getLogger(__name__)

# Whoever takes a mail has this long to send it. If that process is killed in between, the mail is tried again after it.
_HOLD = timedelta(minutes=10)
_FIRST_WAIT = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=6)


class Sent(NamedTuple):
    """How many mails were sent, were not wanted, and could not be sent yet."""

    sent: int
    unwanted: int
    failed: int


def send_waiting(write: Callable[[Mail], EmailMultiAlternatives], *, now: Callable[[], datetime]) -> Sent:
    """Send every mail that waits.

    Args:
        write: makes the message of a mail.
        now: tells the time, which goes on while mails are sent.
    """
    sent = unwanted = failed = 0
    for key in list(_waiting(now()).order_by("pk").values_list("pk", flat=True)):
        if not _take(key, now()):
            continue
        mail = Mail.objects.select_related("owner").get(pk=key)
        if not _is_wanted(mail):
            Mail.objects.filter(pk=key).update(done_at=now())
            unwanted += 1
            continue
        try:
            write(mail).send()
        except (OSError, SMTPException) as error:
            logger.warning("A mail could not be sent yet: %s", error)
            _put_back(mail, now())
            failed += 1
            continue
        Mail.objects.filter(pk=key).update(done_at=now())
        sent += 1
    return Sent(sent, unwanted, failed)


def _waiting(now: datetime) -> QuerySet[Mail]:
    return Mail.objects.filter(Q(held_until=None) | Q(held_until__lte=now), done_at=None)


def _take(key: int, now: datetime) -> bool:
    # One UPDATE decides who sends it.
    return bool(_waiting(now).filter(pk=key).update(held_until=now + _HOLD, tries=F("tries") + 1))


def _put_back(mail: Mail, now: datetime) -> None:
    wait = min(_FIRST_WAIT * 2 ** min(mail.tries, 10), _LONGEST_WAIT)
    Mail.objects.filter(pk=mail.pk).update(held_until=now + wait)


def _is_wanted(mail: Mail) -> bool:
    choice = MailChoice.objects.filter(owner=mail.owner_id).first()
    return mail.owner.is_active and bool(mail.owner.email) and mail.kind not in (choice.off if choice else ())
