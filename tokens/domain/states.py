"""The state of a token: what its owner set, and whether time has run out."""

from datetime import datetime
from enum import StrEnum

from tokens.domain.dates import to_milliseconds


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


def has_expired(not_after: int | None, now: datetime) -> bool:
    """True after the last instant at which a token works (`not_after`, epoch milliseconds; `None` for never)."""
    return not_after is not None and not_after < to_milliseconds(now)


def state_at(now: datetime, *, status: str, not_after: int | None) -> State:
    """Return a token's state: an expired token is Expired whatever its status."""
    return State.EXPIRED if has_expired(not_after, now) else State(status)
