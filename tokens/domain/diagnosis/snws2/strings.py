"""What SNWS2's clients get wrong in the string to sign: its form and its date."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tokens.domain.diagnosis.drafts import Mistake, Suspect, fields_suspect
from tokens.domain.diagnosis.snws2.reading import OUTER, Reading, spell_stamp

# Local time is at most 14 hours off; some zones are off by half an hour.
_HALF_HOURS = 28
_OUTERS = (
    ("{text}", "The canonical request itself was signed, not the string to sign."),
    ("{hash}", "Only the canonical request's hash was signed. The algorithm and the date belong before it."),
    (f"{OUTER}\n", "The string to sign ends with a newline. Remove it."),
    (OUTER.replace("\n", "\r\n"), "The string to sign has CRLF line endings. They must be LF."),
    (OUTER.replace("\n", "\\n"), "The string to sign has a backslash and an “n” instead of each newline."),
    (OUTER.replace("{hash}", "{hash_upper}"), "The canonical request's hash must have lower-case hex digits."),
    (OUTER.replace("SNWS2-", "AWS4-"), "The first line must be “SNWS2-HMAC-SHA256”."),
    (OUTER.replace("SNWS2-HMAC-SHA256", "SNWS2"), "The first line must be “SNWS2-HMAC-SHA256”."),
    ("{stamp}\n{hash}", "The first line, “SNWS2-HMAC-SHA256”, is missing."),
    ("SNWS2-HMAC-SHA256\n{hash}", "The second line, the date, is missing."),
    ("SNWS2-HMAC-SHA256\n{stamp}\n{text}", "The third line must be the canonical request's SHA-256, not the request."),
)


def string_suspects(reading: Reading) -> Iterator[Suspect]:
    """Yield other strings to sign."""
    for outer, advice in _OUTERS:
        yield fields_suspect("string", Mistake("String to sign", advice), outer=outer)
    if reading.date is not None:
        yield from _spelled_dates(reading, reading.date)
        yield from _other_dates(reading.date)


def _spelled_dates(reading: Reading, date: datetime) -> Iterator[Suspect]:
    mistake = Mistake("Date", "The date in the string to sign must be written YYYYMMDDTHHMMSSZ, in UTC.")
    stamp, iso = spell_stamp(date), date.strftime("%Y-%m-%dT%H:%M:%S")
    spellings = [f"{iso}Z", iso, f"{iso}.000Z", f"{iso}+00:00", stamp[:-1], f"{stamp[:-1]}.000Z", stamp[:8]]
    for text in (*spellings, str(round(date.timestamp())), *(reading.headers.get(name, "") for name in ("x-sn-date", "date"))):
        yield fields_suspect("stamp", mistake, stamp=text)


def _other_dates(date: datetime) -> Iterator[Suspect]:
    zone = Mistake("Clock", "The date in the string to sign is local time; it must be the header's date, in UTC.")
    twice = Mistake(
        "Clock", "The clock was read twice, for the header and for the string to sign. Both must show the same second."
    )
    zones = [(zone, timedelta(minutes=30 * count)) for count in range(-_HALF_HOURS, _HALF_HOURS + 1) if count]
    seconds = [(twice, timedelta(seconds=count)) for count in (-3, -2, -1, 1, 2, 3)]
    for mistake, by in (*zones, *seconds):
        try:
            stamp = spell_stamp(date + by)
        except OverflowError:
            continue
        yield fields_suspect("stamp", mistake, stamp=stamp, pairs=False)
