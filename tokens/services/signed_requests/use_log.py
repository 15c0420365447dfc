"""Records when tokens were last used, without slowing down or failing the request.

The first use of a new secret may end the old one, so it is written at once. Later uses are kept in this process for a moment and
written together by a background thread. A crash can lose a time of last use, nothing else.
"""

import atexit
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q

from tokens import conf
from tokens.models import SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.signed_requests.log_writing import BackgroundWriter, short_lock_wait

logger = logging.getLogger(__name__)

# Bounds the memory that is used while the database cannot be written to.
_MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a token's secret: when, and by whom."""

    token_pk: int
    secret_pk: int
    at: datetime
    actor: Actor


class UseLog:
    """The uses of this process: at most one a minute and secret is written."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._pending: dict[int, Use] = {}
        self._recorded_at: dict[int, datetime] = {}
        self._writer = BackgroundWriter(self.flush, name="use-log")

    def record(self, use: Use, *, is_first: bool) -> None:
        """Record a use. A secret's first one is written at once; if that fails, the next use tries again."""
        if is_first and _write_first_use(use):
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
            with transaction.atomic():
                for use in uses.values():
                    _write_use(use)
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


def _write_first_use(use: Use) -> bool:
    """Write a secret's first use and end the secrets it replaces; return False if the database cannot be written to now."""
    try:
        with short_lock_wait(), transaction.atomic():
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
        audit.record(
            Action.SECRET_ENDED, token=secret.token, actor=use.actor, at=use.at, count=ended, why="first use of the new one"
        )


def _write_use(use: Use) -> None:
    values = {"last_used_at": use.at, "last_used_address": use.actor.address, "last_used_client": use.actor.client}
    # Another process may have written a later use.
    is_older = Q(last_used_at=None) | Q(last_used_at__lt=use.at)
    TokenSecret.objects.filter(is_older, pk=use.secret_pk).update(**values)
    SecurityToken.objects.filter(is_older, pk=use.token_pk).update(**values)
