"""Records when tokens were last used, and what they were refused, without slowing or failing the request.

What changes what is allowed (the first use of a new secret, which may end the old one) is written at once; so is the first
refusal of its kind. All else waits for a moment in this process and is written by a thread, many in one transaction. Losing it in
a crash loses a time of last use, nothing that was promised.
"""

import atexit
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q

from tokens import conf
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor

logger = logging.getLogger(__name__)

# How long the thread gathers before it writes.
_GATHER_SECONDS = 0.5
# More than so many entries are not kept: the oldest knowledge of a process that cannot reach its database.
_MOST_PENDING = 10_000
# Refusals of one token that a process writes in an hour; beyond that they are only counted.
_REFUSALS_AN_HOUR = 60
# How long a write waits that happens while the caller waits (SQLite), in milliseconds.
_IMPATIENT_MILLISECONDS = 100


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a token's secret: when, and from where."""

    token_pk: int
    secret_pk: int
    at: datetime
    address: str
    client: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal after a good signature: `kind` says what counts as the same again."""

    token: SecurityToken
    kind: tuple[str, str]
    detail: dict[str, Any]
    actor: Actor
    at: datetime


@dataclass(slots=True)
class _State:
    """What this process has not written yet, and what it remembers having written."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    uses: dict[int, Use] = field(default_factory=dict)
    noted: dict[int, datetime] = field(default_factory=dict)
    repeats: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    refusals: dict[tuple[int, str, str], tuple[datetime, int]] = field(default_factory=dict)
    thread: threading.Thread | None = None


_state = _State()


def record_use(use: Use, *, is_first: bool) -> None:
    """Note a use. At most one a minute and secret is written; the first one of a secret at once."""
    if is_first and _write_first_use(use):
        _state.noted[use.secret_pk] = use.at
        return
    noted = _state.noted.get(use.secret_pk)
    if noted is not None and timedelta(0) <= use.at - noted < conf.LAST_USE_INTERVAL:
        return
    with _state.lock:
        if len(_state.noted) > _MOST_PENDING:
            _state.noted.clear()
        _state.noted[use.secret_pk] = use.at
        if len(_state.uses) < _MOST_PENDING:
            _state.uses[use.secret_pk] = use
    _write_soon()


def record_refusal(refusal: Refusal) -> None:
    """Write a refusal to the audit trail; the same again within a minute only raises the entry's count."""
    key = (refusal.token.pk, *refusal.kind)
    with _state.lock:
        known = _state.refusals.get(key)
        if known is not None and refusal.at - known[0] < timedelta(minutes=1):
            _state.repeats[known[1]] += 1
            repeated = True
        else:
            repeated = False
    if repeated:
        _write_soon()
        return
    try:
        with _impatiently():
            event_pk = _write_refusal(refusal)
    except DatabaseError:
        logger.exception("A refusal of token %s could not be written to the audit trail.", refusal.token.token_id)
        return
    with _state.lock:
        if len(_state.refusals) > _MOST_PENDING:
            _state.refusals.clear()
        _state.refusals[key] = (refusal.at, event_pk)


def flush() -> None:
    """Write what waits. A database that does not answer keeps it waiting."""
    with _state.lock:
        uses, repeats = _state.uses, _state.repeats
        _state.uses, _state.repeats = {}, defaultdict(int)
    if not uses and not repeats:
        return
    try:
        with transaction.atomic():
            for use in uses.values():
                _write_use(use)
            for event_pk, count in repeats.items():
                AuditEvent.objects.filter(pk=event_pk).update(count=F("count") + count)
    except DatabaseError as error:
        logger.warning("Last uses could not be written yet: %s", error)
        with _state.lock:
            _state.uses = {**uses, **_state.uses}
            for event_pk, count in repeats.items():
                _state.repeats[event_pk] += count


def forget() -> None:
    """Drop what this process remembers; for tests."""
    with _state.lock:
        _state.uses.clear()
        _state.noted.clear()
        _state.repeats.clear()
        _state.refusals.clear()


def _write_first_use(use: Use) -> bool:
    """Write a secret's first use and end what it replaces. False where the database cannot take it now: the next use tries."""
    try:
        with _impatiently(), transaction.atomic():
            secret = TokenSecret.objects.select_related("token").filter(pk=use.secret_pk).first()
            if secret is None:
                return True
            if TokenSecret.objects.filter(pk=secret.pk, first_used_at=None).update(first_used_at=use.at) and secret.is_current:
                _end_predecessors(secret, use)
            _write_use(use)
    except DatabaseError as error:
        logger.warning("The first use of a secret could not be written yet: %s", error)
        return False
    return True


def _end_predecessors(secret: TokenSecret, use: Use) -> None:
    predecessors = TokenSecret.objects.filter(
        token_id=secret.token_id, ends_with_successor=True, created_at__lte=secret.created_at
    )
    ended, _ = predecessors.exclude(pk=secret.pk).delete()
    if ended:
        actor = Actor(label=f"token {secret.token.token_id}", address=use.address, client=use.client)
        audit.record(Action.SECRET_ENDED, token=secret.token, actor=actor, at=use.at, count=ended, why="first use of the new one")


def _write_use(use: Use) -> None:
    seen = {"last_used_at": use.at, "last_used_address": use.address[:64], "last_used_client": use.client[:200]}
    # Another process may have written a later use.
    older = Q(last_used_at=None) | Q(last_used_at__lt=use.at)
    TokenSecret.objects.filter(older, pk=use.secret_pk).update(**seen)
    SecurityToken.objects.filter(older, pk=use.token_pk).update(**seen)


def _write_refusal(refusal: Refusal) -> int:
    an_hour_ago = refusal.at - timedelta(hours=1)
    recent = AuditEvent.objects.filter(token_id=refusal.token.token_id, action=Action.REFUSED.value, at__gt=an_hour_ago)
    newest = list(recent.order_by("-at", "-pk").values_list("pk", flat=True)[:_REFUSALS_AN_HOUR])
    if len(newest) == _REFUSALS_AN_HOUR:
        AuditEvent.objects.filter(pk=newest[0]).update(count=F("count") + 1)
        return int(newest[0])
    return audit.record(Action.REFUSED, token=refusal.token, actor=refusal.actor, at=refusal.at, **refusal.detail).pk


@contextmanager
def _impatiently() -> Iterator[None]:
    """Let SQLite wait for its lock only shortly: a caller is waiting."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout={_IMPATIENT_MILLISECONDS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout=5000")


def _write_soon() -> None:
    """Write now where settings want it so (tests), else let the thread do it."""
    if not settings.USE_LOG_THREAD:
        flush()
        return
    with _state.lock:
        if _state.thread is None or not _state.thread.is_alive():
            _state.thread = threading.Thread(target=_write_once, name="use-log", daemon=True)
            _state.thread.start()


def _write_once() -> None:
    time.sleep(_GATHER_SECONDS)
    with _state.lock:
        # From here on a new entry starts a new thread.
        _state.thread = None
    try:
        flush()
    finally:
        connection.close()


@atexit.register
def _flush_at_exit() -> None:
    if _state.uses or _state.repeats:
        flush()
