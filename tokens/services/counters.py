"""Counting what may be done only so often, exactly, for all processes together: no two of them ever count the same number.

In Redis or Valkey where one is configured (`PORTAL_CACHE_URL`), in the database otherwise, and when the other does not answer.
"""

import logging
from datetime import UTC, datetime

from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection, transaction

from tokens.models import RateCount

logger = logging.getLogger(__name__)

# How many counts are made between two looks for those that are over, and how many of those are dropped at a time.
_TURN = 50
_MOST_DROPPED = 500
# One statement, so that the database counts, and not two processes that have read the same number.
_COUNT = """
INSERT INTO tokens_ratecount (name, number, ends_at) VALUES (%s, 1, %s)
ON CONFLICT (name) DO UPDATE SET number = tokens_ratecount.number + 1 RETURNING number
"""


def count(name: str, *, limit: int, seconds: int, now: datetime) -> int:
    """Count one more of something within the current window of time.

    Args:
        name: what is counted, and for whom.
        limit: how many are allowed in a window.
        seconds: the length of a window; windows are whole ones since the epoch.
        now: the instant to count at.

    Returns:
        0 if it is allowed, else the seconds until the next window.

    Raises:
        DatabaseError: the database cannot be written to.
    """
    elapsed = int(now.timestamp())
    window = elapsed // seconds
    number = _count(f"rate:{name}:{window}", limit, (window + 1) * seconds, elapsed)
    return 0 if number <= limit else seconds - elapsed % seconds


def drop_old(now: datetime) -> int:
    """Drop counts whose window is over, a bounded number of them; return how many."""
    old = RateCount.objects.filter(ends_at__lt=now).order_by("ends_at").values_list("pk", flat=True)[:_MOST_DROPPED]
    return RateCount.objects.filter(pk__in=list(old)).delete()[0]


def _count(key: str, limit: int, ends_at: int, now: int) -> int:
    # Every other cache counts by itself; Django's in the database reads a number and writes the next.
    if not isinstance(caches[DEFAULT_CACHE_ALIAS], DatabaseCache):
        try:
            cache.add(key, 0, timeout=ends_at - now + 1)
            return int(cache.incr(key))
        except Exception as error:
            # The client library has errors of its own for each way to fail. What is not counted there is counted here.
            logger.warning("The cache cannot count (%s); the database does.", error)
    return _count_in_database(key, limit, ends_at)


def _count_in_database(key: str, limit: int, ends_at: int) -> int:
    # Read first, so that requests beyond the limit cause no writes.
    known = RateCount.objects.filter(name=key).values_list("number", flat=True).first() or 0
    if known > limit:
        return known
    end = datetime.fromtimestamp(ends_at, UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, connection.ops.adapt_datetimefield_value(end)])
        (number,) = cursor.fetchone()
    if number == 1 and hash(key) % _TURN == 0:
        drop_old(end)
    return int(number)
