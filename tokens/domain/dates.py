"""How the portal writes dates for people and for programs, always in UTC, and epoch milliseconds and microseconds."""

from datetime import UTC, date, datetime, timedelta

# Spelled out, because strftime is slow (each request is judged with such a message) and follows the process's locale.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Months and years of the Gregorian calendar on average, in seconds.
_UNITS = (("year", 31_556_952), ("month", 2_629_746), ("day", 86_400), ("hour", 3_600), ("minute", 60))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


def format_day(day: date) -> str:
    """Return a day for people: `24 Nov 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_minute(instant: datetime) -> str:
    """Return an instant for people, to the minute: `24 Nov 2026 09:30 UTC`."""
    utc = _in_utc(instant)
    return f"{format_day(utc)} {utc.hour:02}:{utc.minute:02} UTC"


def format_second(instant: datetime) -> str:
    """Return an instant for people, to the second: `24 Nov 2026 09:30:00 UTC`."""
    utc = _in_utc(instant)
    return f"{format_day(utc)} {utc.hour:02}:{utc.minute:02}:{utc.second:02} UTC"


def format_iso(instant: datetime, timespec: str = "milliseconds") -> str:
    """Return an instant for explanations, in ISO 8601: `2026-11-24T09:30:00.000Z`."""
    return _in_utc(instant).isoformat(timespec=timespec).replace("+00:00", "Z")


def format_timestamp(instant: datetime) -> str:
    """Return an instant as SolarNetwork writes it, `yyyy-MM-dd HH:mm:ss.SSS'Z'`: `2026-11-24 09:30:00.000Z`.

    Whatever programs read has this form (API, commands, `<time datetime>`, the details of audit entries): the published client's
    `timestampParse` takes no other, and HTML and `datetime.fromisoformat` take it too. Digits below the millisecond are cut.
    """
    return _in_utc(instant).isoformat(" ", "milliseconds").replace("+00:00", "Z")


def format_ago(instant: datetime, now: datetime) -> str:
    """Return how long ago something was, in its largest unit: `2 hours ago`, `just now` within a minute."""
    span = _format_span(now - instant)
    return f"{span} ago" if span else "just now"


def format_ahead(instant: datetime, now: datetime) -> str:
    """Return how far ahead something is, in its largest unit: `in 10 months`; `now` within a minute."""
    span = _format_span(instant - now)
    return f"in {span}" if span else "now"


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the instant (UTC) of a number of epoch milliseconds."""
    return _EPOCH + milliseconds * _MILLISECOND


def to_milliseconds(instant: datetime) -> int:
    """Return an instant in epoch milliseconds, rounded up: what ended before it has a smaller number."""
    return -((_EPOCH - instant) // _MILLISECOND)


def from_microseconds(microseconds: int) -> datetime:
    """Return the instant (UTC) of a number of epoch microseconds.

    Raises:
        OverflowError: no date is so far away.
    """
    return _EPOCH + microseconds * _MICROSECOND


def to_microseconds(instant: datetime) -> int:
    """Return an instant in epoch microseconds."""
    return (instant - _EPOCH) // _MICROSECOND


def _format_span(span: timedelta) -> str:
    """Return a span in its largest unit, cut to a whole number: `3 days`, "" if it is less than a minute."""
    seconds = span.total_seconds()
    for unit, length in _UNITS:
        count = int(seconds // length)
        if count >= 1:
            return f"1 {unit}" if count == 1 else f"{count} {unit}s"
    return ""


def _in_utc(instant: datetime) -> datetime:
    # Nearly every instant is in UTC already, and a conversion that changes nothing costs as much as any other.
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
