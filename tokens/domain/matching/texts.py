"""What Ant-style patterns match (SPEC, "Wildcards"), without compiling them: most are read once and never again.

`?` is one character but "/"; `*` zero or more characters within a segment; `**` as a whole segment zero or more whole segments.
A `**` that is only a part of a segment means `*`. Segments are what lies between the "/", so that `/a/*` matches `/a/`, and
`/a/**` matches `/a`. A pattern and a text match only if both or neither begin with "/". Matching is case sensitive.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tokens.domain.matching.work import Work


def is_plain(text: str) -> bool:
    """Return whether a text has no wildcard: as a pattern it matches itself only."""
    return "*" not in text and "?" not in text


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern matches the whole text."""
    return Text(text, Work()).matches(pattern)


def segment_matches(segment: str, text: str) -> bool:
    """Return whether one segment of a pattern, with wildcards, matches a whole text as if that were one segment."""
    if "?" in segment:
        places = defaultdict(int, _places_by_item(text))
        places["?"] = (1 << len(text)) - 1
        return _reaches_end(segment, "*", places, len(text))
    first, *parts, last = segment.split("*")
    place, end = len(first), len(text) - len(last)
    if place > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in parts:
        # The leftmost place leaves the most room for the parts that follow.
        place = text.find(part, place, end) + len(part)
        if place < len(part):
            return False
    return True


class Text:
    """A text that patterns are compared with; taken apart when a pattern needs it, and then once for all of them."""

    __slots__ = ("_places", "_text", "_work")

    def __init__(self, text: str, work: Work) -> None:
        """Take the text as it is; `work` bounds all comparisons with it together."""
        self._text = text
        self._work = work
        self._places: _Places | None = None

    def find_match(self, entries: Sequence[str]) -> str | None:
        """Return the entry that equals the text, or else the first that matches it, `None` if none does.

        Raises:
            TooMuchWork: the bound is reached.
        """
        if self._text in entries:
            return self._text
        self._work.spend(len(entries))
        return next(filter(self.matches, entries), None)

    def matches(self, pattern: str) -> bool:
        """Return whether a pattern matches the whole text.

        Raises:
            TooMuchWork: the bound is reached.
        """
        text = self._text
        head, star, tail = pattern.partition("*")
        if "?" in head:
            return self._matches_by_segment(pattern)
        if not star:
            return pattern == text
        if text.startswith(head):
            if not tail:
                # `/a/b*`
                return text.find("/", len(head)) < 0
            if tail == "*" and head[-1:] == "/":
                # `/a/**`
                return True
        elif len(head) != len(text) + 1:
            # Only `/a/**` matches a text, `/a`, that does not begin as the pattern does.
            return False
        return self._matches_by_segment(pattern)

    def _matches_by_segment(self, pattern: str) -> bool:
        if pattern.startswith("/") != self._text.startswith("/"):
            return False
        if self._places is None:
            self._places = _Places(self._text, self._work)
        segments = pattern.split("/")
        self._work.spend(len(segments))
        return _reaches_end(segments, "**", self._places, len(self._places.segments))


class _Places(dict[str, int]):
    """Where in a text the segments are that a pattern's segment matches: a bit a place, looked for when first asked about."""

    __slots__ = ("_work", "segments")

    def __init__(self, text: str, work: Work) -> None:
        """Take a text apart."""
        self.segments = text.split("/")
        work.spend(len(self.segments))
        self._work = work
        # As a pattern's segment, one with wildcards says more than itself.
        super().__init__({item: places for item, places in _places_by_item(self.segments).items() if is_plain(item)})
        self["*"] = (1 << len(self.segments)) - 1

    def __missing__(self, segment: str) -> int:
        if is_plain(segment):
            return 0
        cost = 2 if "?" in segment else 1
        self._work.spend(sum(1 + cost * (len(segment) + len(own)) // 4 for own in self.segments))
        self[segment] = sum(1 << place for place, own in enumerate(self.segments) if segment_matches(segment, own))
        return self[segment]


def _reaches_end(pattern: Iterable[str], any_number: str, places: Mapping[str, int], length: int) -> bool:
    """Read a pattern item by item, with every place of the text that it may have led to at once.

    Places are bits of one integer, so that it takes one step an item, whatever the wildcards: nothing is tried twice.

    Args:
        pattern: its segments, or the characters of a segment.
        any_number: the item that stands for any number of the text's.
        places: where in the text the things are that another item stands for.
        length: the number of the text's items.
    """
    everywhere = (2 << length) - 1
    reached = 1
    for item in pattern:
        # Any number leads from the first place to every one from there on.
        reached = everywhere & -(reached & -reached) if item == any_number else (reached & places[item]) << 1
        if not reached:
            return False
    return bool(reached >> length)


def _places_by_item(items: Iterable[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, item in enumerate(items):
        places[item] = places.get(item, 0) | 1 << place
    return places
