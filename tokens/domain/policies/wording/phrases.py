"""The small phrases that a policy's wording is made of: dates, aggregations, lists."""

import re
from collections.abc import Iterable, Sequence
from typing import Self

from tokens.domain.dates import format_day, format_minute, from_milliseconds
from tokens.domain.policies.aggregation import OFFERED, Aggregation

# How many entries of a list are spelled out before the rest is counted.
FOLD_AFTER = 3
_DAY = 86_400_000


class Pattern(str):
    """A part of a text that is read from left to right, whatever script stands around it: an entry as it was typed."""

    __slots__ = ()


class Name(str):
    """A part of a text in a script of its own: what an owner calls a node."""

    __slots__ = ()


class Words(str):
    """A text that knows its parts, so that a page can set patterns and names apart. Everywhere else it is plain text."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __new__(cls, *texts: str) -> Self:
        """Put texts together; those that have parts keep them."""
        words = super().__new__(cls, "".join(texts))
        words.parts = tuple(part for text in texts for part in (text.parts if isinstance(text, Words) else (text,)))
        return words

    @classmethod
    def joined(cls, separator: str, texts: Iterable[str]) -> Self:
        """Put texts together with a separator between them."""
        between = [piece for text in texts for piece in (separator, text)]
        return cls(*between[1:])


def aggregation_label(aggregation: Aggregation) -> str:
    """Return an aggregation as the form writes it: `FiveMinute` is "5 Minute", `HourOfDay` "Hour Of Day"."""
    return OFFERED.get(aggregation) or " ".join(re.findall("[A-Z][a-z]*", aggregation))


def date_text(not_after: int) -> str:
    """Return an expiry (epoch milliseconds) as a UTC date, with the time where it is not the end of that day."""
    instant = from_milliseconds(not_after)
    return format_day(instant) if (not_after + 1) % _DAY == 0 else format_minute(instant)


def folded(entries: Sequence[object]) -> Words:
    """Return a list for people: "a, b and c", and a long one as "a, b, c and 12 more"."""
    texts = [entry_text(entry) for entry in entries[: FOLD_AFTER + 1]]
    if len(entries) > FOLD_AFTER + 1:
        return Words(Words.joined(", ", texts[:FOLD_AFTER]), f" and {len(entries) - FOLD_AFTER:,} more")
    return Words(texts[0]) if len(texts) == 1 else Words(Words.joined(", ", texts[:-1]), " and ", texts[-1])


def entry_text(entry: object) -> str:
    """Return one entry of a list: a text is a pattern, unless its parts say what it is."""
    if isinstance(entry, str):
        return entry if isinstance(entry, Words) else Pattern(entry)
    return str(entry)


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
