"""How far a request's date is off, and why."""

from datetime import datetime, timedelta

from tokens.domain.authorization.judge import MAX_CLOCK_DIFFERENCE
from tokens.domain.diagnosis.drafts import Mistake

_HALF_HOUR = timedelta(minutes=30)
_CLOSE = timedelta(minutes=3)
_FARTHEST_ZONE = timedelta(hours=14)


def find_clock_mistake(date: datetime, clock: datetime, *, is_answer: bool) -> Mistake | None:
    """Tell why a request's date is refused, `None` if it is not.

    Args:
        date: the request's date (UTC).
        clock: the clock to compare it with (UTC).
        is_answer: whether `clock` is the instant at which the server answered; else it is the present, and the request may
            simply have been sent a while ago.
    """
    difference = date - clock
    if abs(difference) < MAX_CLOCK_DIFFERENCE:
        return None
    off = f"The date is {say_duration(difference)} {'behind' if difference < timedelta(0) else 'ahead of'} "
    off += "the response's Date." if is_answer else "the portal's clock."
    may_be_old = difference < timedelta(0) and not is_answer
    if _is_time_zone(difference):
        doubt = "If it was not sent that long ago, local" if may_be_old else "That is a time zone's offset: local"
        return Mistake("Clock", f"{off} {doubt} time was written as GMT. Write the date in UTC.")
    if may_be_old:
        return Mistake("Clock", f"{off} If the request was sent just now, set the client's clock. If not, this is only its age.")
    return Mistake("Clock", f"{off} The limit is 15 minutes: set the client's clock (NTP).")


def say_duration(duration: timedelta) -> str:
    """Return a length of time in words, in its two largest units."""
    seconds = round(abs(duration.total_seconds()))
    parts = []
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:,} {name}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"


def _is_time_zone(difference: timedelta) -> bool:
    """True if a difference is that of a time zone, give or take the way of a request."""
    rest = abs(difference) % _HALF_HOUR
    return abs(difference) <= _FARTHEST_ZONE + _CLOSE and min(rest, _HALF_HOUR - rest) <= _CLOSE
