"""Records signed requests in the audit trail without flooding it: denials after a valid signature, and requests handed over.

The same again within a minute only raises the count of its entry, and an hour has at most 60 entries a token and action. Counts
are kept in this process for a moment and written together by a background thread.
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

# Bounds the memory that is used; what was dropped gets a new entry.
_MAX_ENTRIES = 10_000
_REPEAT_INTERVAL = timedelta(minutes=1)
_MAX_EVENTS_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """A signed request that the audit trail is to show. Those of a token with the same action and `kind` are counted together."""

    action: Action
    token: SecurityToken
    kind: tuple[str, ...]
    detail: dict[str, Any]
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class _Entry:
    """An audit entry that this process has written."""

    at: datetime
    event_pk: int


class RequestLog:
    """The recorded requests of this process: repeats within a minute are counted instead of written."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._entries: dict[tuple[int | str, ...], _Entry] = {}
        self._repeats: Counter[int] = Counter()
        self._writer = BackgroundWriter(self.flush, name="request-log")

    def record(self, event: RequestEvent) -> None:
        """Write a request to the audit trail, or count it if the same one was written within the last minute."""
        key = (event.token.pk, event.action.value, *event.kind)
        if self._count_repeat(key, event.at):
            self._writer.schedule()
            return
        try:
            with short_lock_wait():
                event_pk = _write_event(event)
        except DatabaseError:
            logger.exception("A request of token %s could not be written to the audit trail.", event.token.token_id)
            return
        with self._lock:
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries.clear()
            self._entries[key] = _Entry(event.at, event_pk)

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
            logger.warning("Repeated requests could not be counted yet: %s", error)
            with self._lock:
                self._repeats += repeats

    def clear(self) -> None:
        """Drop everything that this process has recorded; for tests."""
        with self._lock:
            self._entries.clear()
            self._repeats.clear()

    def _count_repeat(self, key: tuple[int | str, ...], at: datetime) -> bool:
        """Count a request for its entry; return False if none was written within the last minute."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or at - entry.at >= _REPEAT_INTERVAL:
                return False
            self._repeats[entry.event_pk] += 1
            return True


request_log = RequestLog()
atexit.register(request_log.flush)


def _write_event(event: RequestEvent) -> int:
    """Write an audit entry, or count the request in the newest one if the hour's entries are used up; return the entry's key."""
    hour_ago = event.at - timedelta(hours=1)
    recent = AuditEvent.objects.filter(token_id=event.token.token_id, action=event.action.value, at__gt=hour_ago)
    newest = list(recent.order_by("-at", "-pk").values_list("pk", flat=True)[:_MAX_EVENTS_PER_HOUR])
    if len(newest) < _MAX_EVENTS_PER_HOUR:
        return audit.record(event.action, token=event.token, actor=event.actor, at=event.at, **event.detail).pk
    event_pk: int = newest[0]
    _raise_count(event_pk, by=1)
    return event_pk


def _raise_count(event_pk: int, *, by: int) -> None:
    AuditEvent.objects.filter(pk=event_pk).update(count=F("count") + by)
