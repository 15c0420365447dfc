"""Slips of one character: what a person may have meant who typed something that is not known."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple


class Slip(NamedTuple):
    """Where a typed text differs from the one that was meant: the place in both, and what stands there in each."""

    place: int
    typed: str
    meant: str


def find_slip(typed: str, meant: str) -> Slip | None:
    """Return the one slip between two texts: a character too many, missing or wrong, or two that changed places.

    `None` if they are equal, or differ by more.
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return None
    pairs = enumerate(zip(typed, meant, strict=False))
    place = next((at for at, (one, other) in pairs if one != other), min(len(typed), len(meant)))
    for longer, shorter in ((1, 0), (0, 1), (1, 1), (2, 2)):
        if typed[place + longer :] == meant[place + shorter :]:
            slip = Slip(place, typed[place : place + longer], meant[place : place + shorter])
            return slip if longer < 2 or slip.typed == slip.meant[::-1] else None
    return None


class Vocabulary:
    """Known words, found by what is one slip away from them, in a step a character however many words there are."""

    __slots__ = ("_longest", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        """Remember the words."""
        self._longest = 0
        self._words: dict[str, list[str]] = {}
        for word in dict.fromkeys(words):
            self._longest = max(self._longest, len(word))
            for remainder in _remainders(word):
                self._words.setdefault(remainder, []).append(word)

    def near(self, text: str) -> list[str]:
        """Return the words that are one slip away from a text."""
        if len(text) > self._longest + 1:
            return []
        found = dict.fromkeys(word for remainder in _remainders(text) for word in self._words.get(remainder, ()))
        return [word for word in found if find_slip(text, word)]


class KnownPaths:
    """Known paths and patterns, whole and by their segments."""

    __slots__ = ("_segments", "_whole")

    def __init__(self, known: Collection[str], segments: Iterable[str]) -> None:
        """Remember the paths, and those of their segments that stand for themselves."""
        self._whole = Vocabulary(known)
        self._segments = Vocabulary(segments)

    def corrections(self, entry: str) -> Iterator[str]:
        """Yield what is one slip away from an entry: known paths, and the entry with a segment that known paths have."""
        known = self._whole.near(entry)
        yield from known
        segments = entry.split("/")
        for place, segment in enumerate(segments):
            for word in self._segments.near(segment) if segment else ():
                corrected = "/".join([*segments[:place], word, *segments[place + 1 :]])
                if corrected not in known:
                    yield corrected


def _remainders(text: str) -> Iterator[str]:
    """Yield the text and what is left of it without one character: texts that are one slip apart have one of these in common."""
    yield text
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
