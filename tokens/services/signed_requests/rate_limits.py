"""Limits for unauthenticated requests and for changes a minute (SPEC, "Errors": 429).

Other requests are not counted, so they cost nothing here. Windows are whole minutes.
"""

import ipaddress
import logging
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError

from tokens.services import counters

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 60
# An IPv6 customer has at least a whole /64, so single addresses cannot be limited.
_IPV6_PREFIX = 64


class RateLimitExceeded(Exception):
    """The limit of the current minute is reached; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


def count_refused(address: str, *, now: datetime) -> None:
    """Count an unauthenticated request from an address.

    Raises:
        RateLimitExceeded: if there were `RATE_REFUSED` within this minute already.
    """
    _count(f"refused:{_network_of(address)}", settings.RATE_REFUSED, now)


def count_change(owner_pk: int, *, now: datetime) -> None:
    """Count a change that one of an account's tokens requests.

    Raises:
        RateLimitExceeded: if there were `RATE_CHANGES` within this minute already.
    """
    _count(f"changes:{owner_pk}", settings.RATE_CHANGES, now)


def count_lookup(who: str, *, now: datetime) -> None:
    """Count a question or a report about a private password, by an address or an account.

    Raises:
        RateLimitExceeded: if there were `RATE_LOOKUPS` within this minute already.
    """
    name = who if who.startswith("account-") else _network_of(who)
    _count(f"lookup:{name}", settings.RATE_LOOKUPS, now)


def _count(name: str, limit: int, now: datetime) -> None:
    try:
        retry_after = counters.count(name, limit=limit, seconds=_WINDOW_SECONDS, now=now)
    except DatabaseError as error:
        # Whatever it was needs the database too.
        logger.warning("A request could not be counted: %s", error)
        return
    if retry_after:
        raise RateLimitExceeded(retry_after)


def _network_of(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network(f"{parsed.compressed.partition('%')[0]}/{_IPV6_PREFIX}", strict=False)).replace("/", "-")
