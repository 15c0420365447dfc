"""The state of a token: what its owner set, whether time has run out, and whether it soon will."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from tokens.domain.dates import from_milliseconds, to_milliseconds

# In its last days a token is expiring.
EXPIRING_DAYS = 30
_DAY = 86_400_000


class State(StrEnum):
    """What the pages show. The first two are also what an owner can set (`SecurityToken.Status`)."""

    ACTIVE = "Active"
    DISABLED = "Disabled"
    EXPIRED = "Expired"

    @property
    def is_active(self) -> bool:
        """True for Active, for templates."""
        return self is State.ACTIVE

    @property
    def is_expired(self) -> bool:
        """True for Expired, for templates."""
        return self is State.EXPIRED

    @property
    def is_disabled(self) -> bool:
        """True for Disabled, for templates."""
        return self is State.DISABLED

    @property
    def toggled(self) -> "State":
        """What an owner sets by enabling a disabled token, or by disabling an enabled one."""
        return State.DISABLED if self is State.ACTIVE else State.ACTIVE


class Ending(NamedTuple):
    """The end that a working token comes to soon: its last instant, and the days until then by the calendar (UTC)."""

    at: datetime
    days: int

    def __str__(self) -> str:
        if not self.days:
            return "today"
        return "in 1 day" if self.days == 1 else f"in {self.days} days"


def has_expired(not_after: int | None, now: datetime) -> bool:
    """True after the last instant at which a token works (`not_after`, epoch milliseconds; `None` for never)."""
    return not_after is not None and not_after < to_milliseconds(now)


def state_at(now: datetime, *, status: str, not_after: int | None) -> State:
    """Return a token's state: an expired token is Expired whatever its status."""
    return State.EXPIRED if has_expired(not_after, now) else State(status)


def find_ending(now: datetime, *, status: str, not_after: int | None) -> Ending | None:
    """Return when an active token will expire, `None` if that is more than `EXPIRING_DAYS` days away.

    A token that is disabled or expired has none: nothing that works will stop.
    """
    if not_after is None or not 0 <= not_after - to_milliseconds(now) <= (EXPIRING_DAYS + 1) * _DAY:
        return None
    at = from_milliseconds(not_after)
    days = (at.date() - now.astimezone(UTC).date()).days
    return Ending(at, days) if days <= EXPIRING_DAYS and status == State.ACTIVE else None
