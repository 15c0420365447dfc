"""The small phrases that a policy's wording is made of: dates, aggregations, lists."""

import re
from collections.abc import Sequence

from tokens.domain.dates import format_day, format_minute, from_milliseconds
from tokens.domain.policies.aggregation import OFFERED, Aggregation

# How many entries of a list are spelled out before the rest is counted.
FOLD_AFTER = 3
_DAY = 86_400_000


def aggregation_label(aggregation: Aggregation) -> str:
    """Return an aggregation as the form writes it: `FiveMinute` is "5 Minute", `HourOfDay` "Hour Of Day"."""
    return OFFERED.get(aggregation) or " ".join(re.findall("[A-Z][a-z]*", aggregation))


def date_text(not_after: int) -> str:
    """Return an expiry (epoch milliseconds) as a UTC date, with the time where it is not the end of that day."""
    instant = from_milliseconds(not_after)
    return format_day(instant) if (not_after + 1) % _DAY == 0 else format_minute(instant)


def folded(entries: Sequence[object]) -> str:
    """Return a list for people: "a, b and c", and a long one as "a, b, c and 12 more"."""
    texts = [str(entry) for entry in entries[: FOLD_AFTER + 1]]
    if len(entries) > FOLD_AFTER + 1:
        return f"{', '.join(texts[:FOLD_AFTER])} and {len(entries) - FOLD_AFTER:,} more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def split_paths(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what a list of API paths includes, and what it excludes (without the `!`)."""
    included: list[str] = []
    excluded: list[str] = []
    for entry in paths:
        if entry[:1] == "!":
            excluded.append(entry[1:])
        else:
            included.append(entry)
    return included, excluded
