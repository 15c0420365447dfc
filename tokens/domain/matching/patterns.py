"""A list of patterns, as a policy has them, and which of them decides about a text or about another pattern."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from tokens.domain.matching.inclusion import Inner
from tokens.domain.matching.texts import Text, is_plain
from tokens.domain.matching.work import Work

# How many questions are answered by looking at every entry; an index costs about as much.
_WITHOUT_INDEX = 3


class PatternSet:
    """Patterns that are asked about one text or many. Nothing is compiled, so a list that is seen for the first time is cheap."""

    __slots__ = ("_asked", "_index", "_known", "_work", "entries")

    def __init__(self, entries: Sequence[str], work: Work | None = None) -> None:
        """Take the entries as they are; `work` bounds all questions together."""
        self.entries = entries
        self._work = work or Work()
        self._asked = 0
        self._known: Collection[str] = entries
        self._index: _Index | None = None

    def find(self, text: str) -> str | None:
        """Return an entry that matches the text (the one that equals it, or else the first), `None` if none does.

        Raises:
            TooMuchWork: the bound is reached, and the result is not known.
        """
        if self._has(text):
            return text
        return next(filter(Text(text, self._work).matches, self._candidates(text)), None)

    def find_around(self, inner: str) -> str | None:
        """Return an entry within which the whole pattern `inner` lies, `None` if none does.

        Raises:
            TooMuchWork: the bound is reached, and the result is not known.
        """
        if is_plain(inner):
            return self.find(inner)
        if self._has(inner):
            return inner
        asked = Inner(inner, self._work)
        return next(filter(asked.lies_within, self._candidates(asked.witness)), None)

    def _has(self, text: str) -> bool:
        """Return whether an entry equals the text. Every question begins with this."""
        self._asked += 1
        if self._asked == _WITHOUT_INDEX + 1:
            self._known = frozenset(self.entries)
        return text in self._known

    def _candidates(self, text: str) -> Sequence[str]:
        """Return the entries that may match a text that none of them equals, in order."""
        if self._asked <= _WITHOUT_INDEX:
            self._work.spend(len(self.entries))
            return self.entries
        if self._index is None:
            self._work.spend(4 * len(self.entries))
            self._index = _build_index([entry for entry in self.entries if not is_plain(entry)])
        candidates = self._index.candidates(text)
        self._work.spend(1 + len(candidates))
        return candidates


class _Index(NamedTuple):
    """Entries, each by the rarest thing that every text which it matches has: a segment, or what it begins with."""

    entries: Sequence[str]
    places: dict[str, list[int]]
    prefix_lengths: frozenset[int]

    def candidates(self, text: str) -> list[str]:
        """Return the entries that may match a text, in order."""
        keys = {*text.split("/"), *(text[:length] for length in self.prefix_lengths)}
        found: Iterable[int] = {place for key in keys if key in self.places for place in self.places[key]}
        return [self.entries[place] for place in sorted(found)]


def _build_index(entries: Sequence[str]) -> _Index:
    keys = [_keys(entry) for entry in entries]
    numbers = Counter(chain.from_iterable(keys))
    places: dict[str, list[int]] = {}
    lengths: set[int] = set()
    for place, own in enumerate(keys):
        prefix = own[-1]
        rarest = min(own, key=numbers.__getitem__)
        places.setdefault(rarest, []).append(place)
        if rarest == prefix:
            lengths.add(len(prefix))
    return _Index(entries, places, frozenset(lengths))


def _keys(entry: str) -> list[str]:
    """Return the segments without wildcards and, last, what the entry begins with: every text that it matches has them."""
    # Without its last "/", because `/a/**` matches `/a`.
    prefix = entry.partition("*")[0].partition("?")[0].removesuffix("/")
    return [*(segment for segment in entry.split("/") if segment and is_plain(segment)), prefix]
