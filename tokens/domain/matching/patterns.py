"""Ant-style patterns (SPEC, "Wildcards"): what they match, what lies below a path, whether one lies within another.

`?` is one character but "/"; `*` zero or more characters within a segment; `**` as a whole segment zero or more whole segments.
A `**` that is only a part of a segment means `*`. Segments are what lies between the "/", so that `/a/*` matches `/a/`, and
`/a/**` matches `/a`. Matching is case sensitive and costs one step a character (see `automaton`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tokens.domain.matching.automaton import OTHER, Automaton, Known

# The budget of one request's inclusion checks, in steps; ordinary policies need far less.
MAX_WORK = 20_000


@dataclass(slots=True)
class Work:
    """What is left of the budget for inclusion checks, shared by all checks of one request."""

    left: int = MAX_WORK


def is_plain(text: str) -> bool:
    """Return whether a text has no wildcard: as a pattern it matches itself only."""
    return "*" not in text and "?" not in text


class Pattern:
    """One compiled pattern; get it from `compile_pattern`."""

    __slots__ = ("automaton", "is_plain", "prefix", "text")

    def __init__(self, text: str) -> None:
        """Compile a pattern."""
        self.text = text
        self.is_plain = is_plain(text)
        # What every match begins with. Without its last "/", because `/a/**` matches `/a`.
        self.prefix = re.split(r"[*?]", text, maxsplit=1)[0].removesuffix("/")
        self.automaton = Automaton([text])

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    def matches(self, text: str) -> bool:
        """Return whether the whole text matches."""
        if self.is_plain:
            return text == self.text
        return bool(self.automaton.run(text).mask & self.automaton.accept)

    def is_within(self, outer: "Pattern", work: Work | None = None) -> bool:
        """Return whether everything that this pattern matches is matched by `outer`; see `is_within`."""
        if self.is_plain:
            return outer.matches(self.text)
        if outer.is_plain or not (self.prefix.startswith(outer.prefix) or outer.prefix.startswith(self.prefix)):
            return False
        return self.text == outer.text or _is_included(self.automaton, outer.automaton, work or Work())


@lru_cache(maxsize=1024)
def compile_pattern(text: str) -> Pattern:
    """Return the pattern for a text; every text is one."""
    return Pattern(text)


def is_within(inner: str, outer: str, work: Work | None = None) -> bool:
    """Return whether everything that `inner` can match is matched by `outer`.

    Exact, as long as `work` lasts. After that the answer is `False`: whoever relies on it never gets more than `outer`.
    """
    return compile_pattern(inner).is_within(compile_pattern(outer), work)


class PatternSet:
    """Several patterns that are matched at once, in a time that does not grow with their number."""

    __slots__ = ("_automaton", "_known", "_patterns", "_plain", "_wild", "entries")

    def __init__(self, entries: Sequence[str]) -> None:
        """Compile the entries of a list."""
        self.entries = tuple(entries)
        self._known = frozenset(self.entries)
        self._plain = frozenset(entry for entry in self.entries if is_plain(entry))
        self._wild = tuple(entry for entry in self.entries if entry not in self._plain)
        self._automaton = Automaton(self._wild) if self._wild else None
        self._patterns: dict[int, Pattern] = {}

    @property
    def plain(self) -> tuple[str, ...]:
        """The entries without wildcards, in order."""
        return tuple(entry for entry in self.entries if entry in self._plain)

    def find(self, text: str) -> str | None:
        """Return an entry that matches the text (the one that equals it, or else the first), `None` if none does."""
        if text in self._plain:
            return text
        if self._automaton is None:
            return None
        place = self._automaton.find_first(self._automaton.run(text).mask)
        return None if place is None else self._wild[place]

    def find_around(self, inner: str, work: Work) -> str | None:
        """Return an entry within which the whole pattern `inner` lies, `None` if none is (or the work is used up)."""
        if is_plain(inner):
            return self.find(inner)
        if inner in self._known:
            return inner
        if self._automaton is None:
            return None
        pattern = compile_pattern(inner)
        # An entry without a state left after the prefix of `inner` cannot contain it.
        for place in self._automaton.places(self._automaton.run(pattern.prefix).mask):
            if work.left <= 0:
                break
            if pattern.is_within(self._compiled(place), work):
                return self._wild[place]
        return None

    def _compiled(self, place: int) -> Pattern:
        pattern = self._patterns.get(place)
        if pattern is None:
            pattern = self._patterns[place] = Pattern(self._wild[place])
        return pattern


class PathWalk:
    """A place in a tree, and what patterns can still match from there on."""

    __slots__ = ("_automaton", "_known")

    def __init__(self, automaton: Automaton, known: Known) -> None:
        """Start in the state `known` of the automaton."""
        self._automaton = automaton
        self._known = known

    @classmethod
    def at_root(cls, entries: Sequence[str]) -> "PathWalk":
        """Return the place above the first segment (the empty path)."""
        automaton = Automaton(entries)
        return cls(automaton, automaton.run(""))

    def below(self, segment: str) -> "PathWalk | None":
        """Return the place one segment further down, `None` if nothing there or below it can match."""
        known = self._automaton.run(segment, self._automaton.run("/", self._known))
        return PathWalk(self._automaton, known) if known.mask else None

    @property
    def matches(self) -> bool:
        """True if the path so far matches an entry."""
        return bool(self._known.mask & self._automaton.accept)


def _is_included(inner: Automaton, outer: Automaton, work: Work) -> bool:
    """Walk both automata side by side and look for a text that only the inner one matches."""
    work.left -= 1
    seen: dict[int, list[int]] = {}
    todo = [(bit, outer.start) for bit in _bits(inner.start)]
    while todo:
        state, mask = todo.pop()
        if mask & outer.forever:
            continue
        known = seen.setdefault(state, [])
        # Fewer states accept less: if a subset of these was checked, these need no check.
        if any(fewer & mask == fewer for fewer in known):
            continue
        known.append(mask)
        if work.left < 0 or not mask or (inner.accept & state and not outer.accept & mask):
            return False
        for character in _characters(inner, state, outer):
            work.left -= 1
            following = outer.step(mask, character)
            todo += [(bit, following) for bit in _bits(inner.step(state, character))]
    return True


def _characters(inner: Automaton, state: int, outer: Automaton) -> list[str]:
    """Return the characters worth trying in an inner state: those that the two automata can tell apart."""
    literal = inner.literals.get(state.bit_length() - 1)
    characters = [literal] if literal is not None else []
    if state & (inner.any_mask | inner.stay):
        characters += [OTHER, *outer.moving]
    return characters


def _bits(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit
