"""Counts what tokens are used for, without a write a request.

Each process counts for itself and adds its counts to the database's a few times a minute, so any number of processes count right
together. A crash loses what was counted since: less than a minute's worth.
"""

import atexit
import hashlib
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError

from tokens.domain.authorization.paths import api_path
from tokens.domain.authorization.requested import Requested, read_requested
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.credentials import redact
from tokens.domain.signing.requests import SignedRequest
from tokens.models import MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH, MAX_LIST_LENGTH, MAX_PATH_LENGTH
from tokens.services.signed_requests.driver import run_for_each, write_instant
from tokens.services.signed_requests.log_writing import BackgroundWriter, in_due_course

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_WRITES = 20.0
# Bounds memory between two writes; what is asked for beyond it is counted without saying what.
_MOST_KEYS = 20_000
# What a token asks for in a day is kept up to so many different requests (for each process); the rest is counted together.
_MOST_SCOPES = 200
# Bounds memory as well; a token of which nothing is remembered any more may have as many again.
_MOST_SEEN = 50_000
# On SQLite others that write wait for a part: some tens of milliseconds.
_PART = 500
_ADD_DAY = """
INSERT INTO tokens_useday (token_id, day, secret_key, allowed, refused)
SELECT id, %s, %s, %s, %s FROM tokens_securitytoken WHERE id = %s
ON CONFLICT (token_id, day, secret_key) DO UPDATE
SET allowed = tokens_useday.allowed + excluded.allowed, refused = tokens_useday.refused + excluded.refused
"""
_ADD_SCOPE = """
INSERT INTO tokens_usescope
    (token_id, day, scope_key, method, path, nodes, sources, aggregation, is_partial, allowed, refused)
SELECT id, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM tokens_securitytoken WHERE id = %s
ON CONFLICT (token_id, day, scope_key) DO UPDATE
SET allowed = tokens_usescope.allowed + excluded.allowed, refused = tokens_usescope.refused + excluded.refused
"""
_ADD_CALLER = """
INSERT INTO tokens_caller (token_id, address, client, first_at, last_at, calls)
SELECT id, %s, %s, %s, %s, %s FROM tokens_securitytoken WHERE id = %s
ON CONFLICT (token_id, address, client) DO UPDATE
SET last_at = CASE WHEN tokens_caller.last_at < excluded.last_at THEN excluded.last_at ELSE tokens_caller.last_at END,
    calls = tokens_caller.calls + excluded.calls
"""


class Counted(NamedTuple):
    """What is counted together until it is written: requests of one secret that are the same but for their instant."""

    token_pk: int
    secret_pk: int
    day: date
    is_data: bool
    method: str
    path: str
    query: str


class Scope(NamedTuple):
    """What a request asked for, as it is kept."""

    method: str = ""
    path: str = ""
    nodes: str = ""
    sources: str = ""
    aggregation: str = ""
    is_partial: bool = False

    @property
    def key(self) -> str:
        """A hash of it."""
        return hashlib.blake2b(repr(tuple(self)).encode("utf-8", "replace"), digest_size=16).hexdigest()


_OTHER = Scope(is_partial=True)


class _Call(NamedTuple):
    first_at: datetime
    last_at: datetime
    calls: int


class UseCounter:
    """The counts of this process that are not written yet."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._counts: dict[Counted, list[int]] = {}
        self._callers: dict[tuple[int, str, str], _Call] = {}
        # By hashes, which take a tenth of the memory.
        self._seen: set[int] = set()
        self._seen_of: Counter[tuple[int, date]] = Counter()
        self._writer = BackgroundWriter(self.flush, name="use-counter", delay=_SECONDS_BETWEEN_WRITES)

    def count(
        self, request: SignedRequest, *, token_pk: int, secret_pk: int, token_type: TokenType, is_allowed: bool, now: datetime
    ) -> None:
        """Count a request whose signature was right."""
        is_data = token_type is TokenType.DATA
        # Only a Data token's query says what it reaches; and queries are what differs most.
        query = request.query if is_data else ""
        key = Counted(token_pk, secret_pk, now.date(), is_data, request.method, request.path, query)
        with self._lock:
            if len(self._counts) >= _MOST_KEYS:
                key = key._replace(method="", path="", query="")
            counts = self._counts.setdefault(key, [0, 0])
            counts[0 if is_allowed else 1] += 1
            if is_allowed:
                self._note_caller((token_pk, request.address, request.client), now)
        if settings.USE_LOG_THREAD:
            self._writer.schedule()

    def flush(self) -> None:
        """Add the counts to the database's, some at a time. What cannot be written is kept."""
        with self._lock:
            counts, self._counts = self._counts, {}
            callers, self._callers = self._callers, {}
        # In one order for all processes, so that none waits for a row while another waits for one of its own.
        counts, callers = dict(sorted(counts.items())), dict(sorted(callers.items()))
        try:
            _write_in_parts(counts, self._write_counts)
            _write_in_parts(callers, _write_callers)
        except DatabaseError as error:
            logger.warning("Uses could not be counted yet: %s", error)
            with self._lock:
                for key, (allowed, refused) in counts.items():
                    kept = self._counts.setdefault(key, [0, 0])
                    kept[0] += allowed
                    kept[1] += refused
                self._callers = {**callers, **self._callers}

    def clear(self) -> None:
        """Drop everything that this process has counted; for tests."""
        with self._lock:
            self._counts.clear()
            self._callers.clear()
            self._forget()

    def _note_caller(self, caller: tuple[int, str, str], now: datetime) -> None:
        known = self._callers.get(caller)
        if known is not None:
            self._callers[caller] = _Call(known.first_at, now, known.calls + 1)
        elif len(self._callers) < _MOST_KEYS:
            self._callers[caller] = _Call(now, now, 1)

    def _write_counts(self, counts: dict[Counted, list[int]]) -> None:
        days: dict[tuple[int, date, int], list[int]] = {}
        scopes: dict[tuple[int, date, Scope], list[int]] = {}
        for key, (allowed, refused) in counts.items():
            scope = self._bound(key, read_scope(key))
            for total in (
                days.setdefault((key.token_pk, key.day, key.secret_pk), [0, 0]),
                scopes.setdefault((key.token_pk, key.day, scope), [0, 0]),
            ):
                total[0] += allowed
                total[1] += refused
        run_for_each(_ADD_DAY, list(_day_rows(days)))
        run_for_each(_ADD_SCOPE, list(_scope_rows(scopes)))

    def _bound(self, key: Counted, scope: Scope) -> Scope:
        token_day = (key.token_pk, key.day)
        mark = hash((token_day, scope))
        if mark in self._seen:
            return scope
        if self._seen_of[token_day] >= _MOST_SCOPES:
            return _OTHER
        if len(self._seen) >= _MOST_SEEN:
            self._forget()
        self._seen.add(mark)
        self._seen_of[token_day] += 1
        return scope

    def _forget(self) -> None:
        self._seen.clear()
        self._seen_of.clear()


def _write_in_parts(waiting: dict[Any, Any], write: Callable[[dict[Any, Any]], None]) -> None:
    """Write what is waiting, each part in a transaction of its own: an owner's change must not wait for all of them."""
    while part := dict(islice(waiting.items(), _PART)):
        with in_due_course():
            write(part)
        for key in part:
            del waiting[key]


def _write_callers(callers: dict[tuple[int, str, str], _Call]) -> None:
    run_for_each(_ADD_CALLER, list(_caller_rows(callers)))


use_counter = UseCounter()
atexit.register(use_counter.flush)


def read_scope(counted: Counted) -> Scope:
    """Return what a request asked for. No private password that was sent by mistake is in it."""
    path = api_path(counted.path) or ""
    requested: Any = Requested()
    if counted.is_data:
        requested = read_requested(method=counted.method, raw_path=counted.path, query=counted.query)
    is_partial = len(path) > MAX_PATH_LENGTH or not isinstance(requested, Requested)
    if not isinstance(requested, Requested):
        requested = Requested()
    nodes, sources = _to_list(requested.nodes), _to_list(requested.sources)
    if len(nodes) > MAX_LIST_LENGTH or len(sources) > MAX_LIST_LENGTH:
        nodes, sources, is_partial = "", "", True
    aggregation = requested.aggregation.value if requested.aggregation else ""
    return Scope(counted.method[:16], _storable(path)[:MAX_PATH_LENGTH], nodes, _storable(sources), aggregation, is_partial)


def _to_list(values: Iterable[object] | None) -> str:
    return json.dumps(list(values)) if values else ""


def _storable(text: str) -> str:
    return redact(text).replace("\0", "")


def _day_rows(days: dict[tuple[int, date, int], list[int]]) -> Iterator[tuple[Any, ...]]:
    for (token_pk, day, secret_pk), (allowed, refused) in sorted(days.items()):
        yield day.isoformat(), secret_pk, allowed, refused, token_pk


def _scope_rows(scopes: dict[tuple[int, date, Scope], list[int]]) -> Iterator[tuple[Any, ...]]:
    rows = [(token_pk, day, scope.key, scope, counts) for (token_pk, day, scope), counts in scopes.items()]
    for token_pk, day, key, scope, (allowed, refused) in sorted(rows):
        yield day.isoformat(), key, *scope, allowed, refused, token_pk


def _caller_rows(callers: dict[tuple[int, str, str], _Call]) -> Iterator[tuple[Any, ...]]:
    for (token_pk, address, client), call in callers.items():
        names = (_storable(address)[:MAX_ADDRESS_LENGTH], _storable(client)[:MAX_CLIENT_LENGTH])
        yield *names, write_instant(call.first_at), write_instant(call.last_at), call.calls, token_pk
