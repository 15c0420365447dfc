"""Records when tokens were last used, without slowing down or failing the request.

The use that a rotation waits for ends the old secret, so it is written before the response. All others are kept in this process
for a moment and written together by a background thread. A crash can lose a time of use, nothing else.
"""

import atexit
import logging
import threading
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tokens import conf, metrics
from tokens.models import LastUse, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.signed_requests.driver import run_for_each, write_instant
from tokens.services.signed_requests.log_writing import BackgroundWriter, in_due_course, short_lock_wait

logger = logging.getLogger(__name__)

# For a secret that is used for the first time, or is not the only one. Another process may have written a later use.
_WRITE_USE = """
UPDATE tokens_tokensecret
SET first_used_at = COALESCE(first_used_at, %s), last_used_at = %s, last_used_address = %s, last_used_client = %s
WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)
"""
# Every token has its row from the start, so this is nearly always enough; and it does not read the token's own row.
_WRITE_LAST_USE = """
UPDATE tokens_lastuse SET at = %s, address = %s, client = %s, secret_key = %s WHERE token_id = %s AND at < %s
"""
# The token may have been deleted since.
_ADD_LAST_USE = """
INSERT INTO tokens_lastuse (token_id, owner_id, type, at, address, client, secret_key)
SELECT id, owner_id, type, %s, %s, %s, %s FROM tokens_securitytoken WHERE id = %s
ON CONFLICT (token_id) DO NOTHING
"""
# Bounds the memory that is used while the database cannot be written to.
_MAX_ENTRIES = 10_000


class Use(NamedTuple):
    """One use of a token's secret: when, and by whom."""

    token_pk: int
    secret_pk: int
    at: datetime
    actor: Actor
    # The first use of a secret while others wait for it to end.
    is_awaited: bool = False
    # Not the first use of the only secret that works: the token's last use says all of it.
    is_plain: bool = False


class UseLog:
    """The uses of this process: at most one a minute and secret is written."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._pending: dict[int, Use] = {}
        self._recorded_at: dict[int, datetime] = {}
        self._writer = BackgroundWriter(self.flush, name="use-log")

    def record(self, use: Use) -> None:
        """Record a use. One that a rotation waits for is written at once; if that fails, the next use tries again."""
        if use.is_awaited and _write_awaited_use(use):
            with self._lock:
                self._recorded_at[use.secret_pk] = use.at
        elif self._add_pending(use):
            self._writer.schedule()

    def flush(self) -> None:
        """Write what is pending. If the database cannot be written to, it stays pending."""
        with self._lock:
            uses, self._pending = self._pending, {}
        if not uses:
            return
        try:
            with in_due_course():
                _write_uses(uses.values())
            metrics.note_use_written((timezone.now() - min(use.at for use in uses.values())).total_seconds())
        except DatabaseError as error:
            logger.warning("Last uses could not be written yet: %s", error)
            with self._lock:
                self._pending = {**uses, **self._pending}

    def clear(self) -> None:
        """Drop everything that this process has recorded; for tests."""
        with self._lock:
            self._pending.clear()
            self._recorded_at.clear()

    def _add_pending(self, use: Use) -> bool:
        """Add a use to what is pending; return False if one of the same secret was recorded within the last minute."""
        with self._lock:
            recorded_at = self._recorded_at.get(use.secret_pk)
            if recorded_at is not None and timedelta(0) <= use.at - recorded_at < conf.LAST_USE_INTERVAL:
                return False
            if len(self._recorded_at) >= _MAX_ENTRIES:
                self._recorded_at.clear()
            self._recorded_at[use.secret_pk] = use.at
            if len(self._pending) < _MAX_ENTRIES:
                self._pending[use.secret_pk] = use
            return True


use_log = UseLog()
atexit.register(use_log.flush)


def _write_awaited_use(use: Use) -> bool:
    """Write the use that a rotation waits for; return False if the database cannot be written to now."""
    try:
        with short_lock_wait(), transaction.atomic():
            _write_uses([use])
    except DatabaseError as error:
        logger.warning("The first use of a secret could not be written yet: %s", error)
        return False
    return True


def _write_uses(uses: Collection[Use]) -> None:
    """Write uses, and end the secrets that waited for them. Runs in a transaction."""
    for use in uses:
        if use.is_awaited:
            _end_predecessors(use)
    # In one order for all processes, so that none waits for a row while another waits for one of its own.
    in_order = sorted(uses, key=attrgetter("token_pk"))
    # A statement or two for all of them: through the ORM, writing a use costs more than judging its request.
    if apart := [use for use in in_order if not use.is_plain]:
        apart.sort(key=attrgetter("secret_pk"))
        run_for_each(_WRITE_USE, _apart_rows(apart))
    if run_for_each(_WRITE_LAST_USE, _last_rows(in_order)) < len(in_order):
        run_for_each(_ADD_LAST_USE, [row[:-1] for row in _last_rows(in_order)])


def _apart_rows(uses: Iterable[Use]) -> list[tuple[Any, ...]]:
    rows = ((use, write_instant(use.at)) for use in uses)
    return [(at, at, use.actor.address, use.actor.client, use.secret_pk, at) for use, at in rows]


def _last_rows(uses: Iterable[Use]) -> list[tuple[Any, ...]]:
    write = LastUse.instant_writer(connection)
    rows = ((use, write(use.at)) for use in uses)
    return [(at, use.actor.address, use.actor.client, use.secret_pk, use.token_pk, at) for use, at in rows]


def _end_predecessors(use: Use) -> None:
    secret = TokenSecret.objects.select_related("token").filter(pk=use.secret_pk, first_used_at=None, ends_at=None).first()
    if secret is None:
        return
    predecessors = TokenSecret.objects.filter(
        token_id=secret.token_id, ends_with_successor=True, created_at__lte=secret.created_at
    )
    ended = predecessors.exclude(pk=secret.pk).retire(use.at)
    if ended:
        audit.record(
            Action.SECRET_ENDED, token=secret.token, actor=use.actor, at=use.at, count=ended, why="first use of the new one"
        )
