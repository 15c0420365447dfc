"""Reports of leaked private passwords and identifiers, by whoever found them.

A report is stored as it comes, the same work for what exists and what does not, and looked into right after the answer, by a
background thread: so the answer says nothing about what exists, in words or in time. What a crash leaves behind is looked
into with the next report, or by `manage.py tidy`.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import DatabaseError, connection, transaction

from tokens import conf
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH, is_secret, redact
from tokens.models import LeakReport, SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.leaks.finding import find_by_fingerprints
from tokens.services.lifecycle import changes
from tokens.services.signed_requests.log_writing import BackgroundWriter

logger = logging.getLogger(__name__)

# As many as a message may hold.
MOST_REPORTED = 100
MAX_PLACE_LENGTH = 500


class Reported(NamedTuple):
    """What somebody found: a private password or a token's identifier, and where ("" if that is not said)."""

    value: str
    place: str = ""


def find_problem(value: str) -> str:
    """Return why a value can be neither a private password nor an identifier, "" if it can."""
    if is_secret(value):
        return ""
    if value.startswith("snts_"):
        return "This is not a whole private password: its checksum is wrong. Copy all 43 characters."
    if not value or len(value) > MAX_TOKEN_ID_LENGTH or not value.isprintable() or not value.isascii() or " " in value:
        return "This is neither a private password nor the identifier of a token."
    return ""


@transaction.atomic
def store_reports(found: Sequence[Reported], *, actor: Actor) -> None:
    """Store reports of values without a problem, and have them looked into."""
    LeakReport.objects.bulk_create(_to_row(one, actor) for one in found)
    transaction.on_commit(_look_into.schedule)


def look_into_all() -> int:
    """Do what the stored reports ask for, each in a transaction of its own; returns how many there were."""
    handled = 0
    for key in list(LeakReport.objects.order_by("pk").values_list("pk", flat=True)):
        handled += _look_into_one(key)
    return handled


def _look_into_safely() -> None:
    try:
        look_into_all()
    except DatabaseError as error:
        logger.warning("Reports of leaks could not be looked into yet: %s", error)


_look_into = BackgroundWriter(_look_into_safely, name="leak-reports", delay=0)


def _to_row(one: Reported, actor: Actor) -> LeakReport:
    # No private password is stored, only what it is found by.
    fingerprints = conf.get_fingerprinter().make_all(one.value)
    is_password = is_secret(one.value)
    return LeakReport(
        fingerprints=fingerprints if is_password else [],
        token_id="" if is_password else one.value,
        place=redact(one.place)[:MAX_PLACE_LENGTH],
        address=actor.address,
        client=redact(actor.client),
    )


@transaction.atomic
def _look_into_one(key: int) -> int:
    report = (
        LeakReport.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        .filter(pk=key)
        .first()
    )
    if report is None:
        # Another process has taken it.
        return 0
    for token, is_secret_of_it in _tokens_of(report):
        _act(token, report, was_secret=is_secret_of_it)
    report.delete()
    return 1


def _tokens_of(report: LeakReport) -> Iterable[tuple[SecurityToken, bool]]:
    if report.fingerprints:
        found = find_by_fingerprints(list(report.fingerprints))
        return [(found.token, found.is_live)] if found else []
    return [(token, False) for token in SecurityToken.objects.filter(token_id=report.token_id)]


def _act(token: SecurityToken, report: LeakReport, *, was_secret: bool) -> None:
    """Tell the owner through the audit trail; a private password that works disables its token."""
    actor = Actor(label="somebody who reported a leak", address=report.address, client=report.client)
    if was_secret:
        changes.set_status(token, SecurityToken.Status.DISABLED, actor=actor, now=report.at)
    found = "private password" if report.fingerprints else "identifier"
    audit.record(
        Action.REPORTED,
        token=token,
        actor=actor,
        at=report.at,
        found=found,
        place=report.place,
        disabled=was_secret,
        name=token.name,
    )
