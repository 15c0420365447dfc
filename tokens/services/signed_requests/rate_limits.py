"""How often a minute somebody may be refused, or change something (SPEC, "Errors": 429).

Only requests that are refused or that write are counted: one that passes costs nothing here. Windows are whole minutes.
"""

import ipaddress
import logging
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 60
# An IPv6 customer has a whole /64, so counting single addresses would count nothing.
_IPV6_PREFIX = 64


class TooMany(Exception):
    """The limit is reached; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


def count_refused(address: str, *, now: datetime) -> None:
    """Count an unauthenticated request of an address.

    Raises:
        TooMany: `RATE_REFUSED` were counted within this minute.
    """
    _count(f"refused:{_block(address)}", settings.RATE_REFUSED, now)


def count_change(owner_pk: int, *, now: datetime) -> None:
    """Count a write that an account's tokens ask for.

    Raises:
        TooMany: `RATE_CHANGES` were counted within this minute.
    """
    _count(f"changes:{owner_pk}", settings.RATE_CHANGES, now)


def _count(name: str, limit: int, now: datetime) -> None:
    seconds = int(now.timestamp())
    key = f"rate:{name}:{seconds // _WINDOW_SECONDS}"
    try:
        # Read first: beyond the limit a flood costs no more writes.
        is_full = cache.get(key, 0) >= limit
        if not is_full and not cache.add(key, 1, timeout=2 * _WINDOW_SECONDS):
            cache.incr(key)
    except (DatabaseError, ValueError) as error:
        # ValueError: the key ran out in between. What is refused stays refused, and a write fails by itself.
        logger.warning("A request could not be counted: %s", error)
        return
    if is_full:
        raise TooMany(_WINDOW_SECONDS - seconds % _WINDOW_SECONDS)


def _block(address: str) -> str:
    """Return what is counted together: an IPv4 address, an IPv6 network of a customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network(f"{parsed.compressed.partition('%')[0]}/{_IPV6_PREFIX}", strict=False)).replace("/", "-")
