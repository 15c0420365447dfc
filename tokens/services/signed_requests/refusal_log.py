"""Records in the audit trail which requests were denied after a valid signature, without flooding it.

The same denial again within a minute only raises the count of its entry, and an hour has at most 60 entries a token. Counts are
kept in this process for a moment and written together by a background thread.
"""

import atexit
import logging
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F

from tokens.models import AuditEvent, SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.signed_requests.log_writing import BackgroundWriter, short_lock_wait

logger = logging.getLogger(__name__)

# Bounds the memory that is used; a denial that was dropped gets a new entry.
_MAX_ENTRIES = 10_000
_REPEAT_INTERVAL = timedelta(minutes=1)
_MAX_EVENTS_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that was denied after a valid signature. Refusals of a token that have the same `kind` are counted together."""

    token: SecurityToken
    kind: tuple[str, str]
    detail: dict[str, Any]
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class _Entry:
    """An audit entry that this process has written."""

    at: datetime
    event_pk: int


class RefusalLog:
    """The refusals of this process: repeats within a minute are counted instead of written."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._entries: dict[tuple[int, str, str], _Entry] = {}
        self._repeats: Counter[int] = Counter()
        self._writer = BackgroundWriter(self.flush, name="refusal-log")

    def record(self, refusal: Refusal) -> None:
        """Write a refusal to the audit trail, or count it if the same one was written within the last minute."""
        key = (refusal.token.pk, *refusal.kind)
        if self._count_repeat(key, refusal.at):
            self._writer.schedule()
            return
        try:
            with short_lock_wait():
                event_pk = _write_refusal(refusal)
        except DatabaseError:
            logger.exception("A refusal of token %s could not be written to the audit trail.", refusal.token.token_id)
            return
        with self._lock:
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries.clear()
            self._entries[key] = _Entry(refusal.at, event_pk)

    def flush(self) -> None:
        """Write the counts that are pending. If the database cannot be written to, they stay pending."""
        with self._lock:
            repeats, self._repeats = self._repeats, Counter()
        if not repeats:
            return
        try:
            with transaction.atomic():
                for event_pk, count in repeats.items():
                    _raise_count(event_pk, by=count)
        except DatabaseError as error:
            logger.warning("Repeated refusals could not be counted yet: %s", error)
            with self._lock:
                self._repeats += repeats

    def clear(self) -> None:
        """Drop everything that this process has recorded; for tests."""
        with self._lock:
            self._entries.clear()
            self._repeats.clear()

    def _count_repeat(self, key: tuple[int, str, str], at: datetime) -> bool:
        """Count a refusal for its entry; return False if none was written within the last minute."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or at - entry.at >= _REPEAT_INTERVAL:
                return False
            self._repeats[entry.event_pk] += 1
            return True


refusal_log = RefusalLog()
atexit.register(refusal_log.flush)


def _write_refusal(refusal: Refusal) -> int:
    """Write an audit entry, or count the refusal in the newest one if the hour's entries are used up; return the entry's key."""
    hour_ago = refusal.at - timedelta(hours=1)
    recent = AuditEvent.objects.filter(token_id=refusal.token.token_id, action=Action.REFUSED.value, at__gt=hour_ago)
    newest = list(recent.order_by("-at", "-pk").values_list("pk", flat=True)[:_MAX_EVENTS_PER_HOUR])
    if len(newest) < _MAX_EVENTS_PER_HOUR:
        return audit.record(Action.REFUSED, token=refusal.token, actor=refusal.actor, at=refusal.at, **refusal.detail).pk
    event_pk: int = newest[0]
    _raise_count(event_pk, by=1)
    return event_pk


def _raise_count(event_pk: int, *, by: int) -> None:
    AuditEvent.objects.filter(pk=event_pk).update(count=F("count") + by)
