"""Whether one list of patterns matches a text that another does not, exclusions included: exact, within a bound of work."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.automaton import OTHER, Automaton
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.matching.work import Work

# In steps of the search, each a few microseconds; a preview asks for every list of a policy.
MAX_STEPS = 20_000
# How many segments decide what a path is: those of the shortest metadata path of a property.
_DEEPEST = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Language(NamedTuple):
    """The texts that a list allows: those that match an entry (`None`: all), but those that match an exclusion."""

    entries: tuple[str, ...] | None
    exclusions: tuple[str, ...] = ()


def find_outside(inner: Language, outer: Language, *, is_real: Callable[[str], bool], is_path: bool) -> str | None:
    """Return a shortest text that only the inner list allows, `None` if there is none.

    Args:
        inner: the list that may allow more.
        outer: the list that it is compared with.
        is_real: tells the texts that can be asked for at all; the others do not count.
        is_path: texts begin with "/" and have no empty segment; otherwise they are any but the empty one.

    Raises:
        TooMuchWork: the bound is reached, or only texts were found that do not count: the result is not known.
    """
    if _is_plainly_within(inner, outer):
        return None
    work = Work(MAX_STEPS)
    for prefix in ("/",) if is_path else ("/", ""):
        found = _Search(inner, outer, prefix, work, is_path=is_path).run(is_real)
        if found is not None:
            return found
    return None


def _is_plainly_within(inner: Language, outer: Language) -> bool:
    """Return whether every entry lies within one of the other list's, and every exclusion is kept: most edits are so simple."""
    work = Work()
    if outer.entries is not None:
        if inner.entries is None:
            return False
        around = PatternSet(outer.entries, work)
        if not all(around.find_around(entry) for entry in inner.entries):
            return False
    kept = PatternSet(inner.exclusions, work)
    return all(kept.find_around(entry) for entry in outer.exclusions)


_State = tuple[int, int]


class _Side(NamedTuple):
    """One list as automata; a state of it is a pair of their states."""

    entries: Automaton | None
    exclusions: Automaton

    def start(self) -> _State:
        return (self.entries.start if self.entries else 0, self.exclusions.start)

    def step(self, state: tuple[int, int], character: str) -> _State:
        entries = self.entries.step(state[0], character) if self.entries else 0
        return entries, self.exclusions.step(state[1], character)

    def allows(self, state: _State) -> bool:
        is_in = self.entries is None or bool(self.entries.accept & state[0])
        return is_in and not self.exclusions.accept & state[1]

    def is_dead(self, state: _State) -> bool:
        """True if no text that goes on from here is allowed."""
        return (self.entries is not None and not state[0]) or bool(self.exclusions.forever & state[1])

    def is_whole(self, state: _State) -> bool:
        """True if every text that goes on from here is allowed."""
        return (self.entries is None or bool(self.entries.forever & state[0])) and not state[1]


class _Search:
    """Reads texts of growing length with both lists at the same time, every combination of states once."""

    def __init__(self, inner: Language, outer: Language, prefix: str, work: Work, *, is_path: bool) -> None:
        self._inner, self._outer = _side(inner, prefix), _side(outer, prefix)
        self._prefix, self._work, self._is_path = prefix, work, is_path
        spelled: set[str] = set()
        for automaton in (*self._inner, *self._outer):
            spelled |= set(automaton.moving) if automaton else set()
        self._characters = [OTHER, *sorted(spelled)]
        self._other = next(letter for letter in [*_LETTERS, "\uffff"] if letter not in spelled)

    def run(self, is_real: Callable[[str], bool]) -> str | None:
        """Return the first text that only the inner list allows and that is real, `None` if there is none at all."""
        start = (self._inner.start(), self._outer.start())
        seen = {(start, self._shape(self._prefix))}
        todo = deque([(start, self._prefix)])
        was_unreal = False
        while todo:
            (inner, outer), text = todo.popleft()
            if self._is_whole(text) and self._inner.allows(inner) and not self._outer.allows(outer):
                if is_real(text):
                    return text
                was_unreal = True
            for following, character in self._steps(inner, outer):
                longer = text + character
                key = (following, self._shape(longer))
                if self._may_follow(text, character) and key not in seen:
                    seen.add(key)
                    todo.append((following, longer))
        if was_unreal:
            raise TooMuchWork("Only texts were found that cannot be asked for.")
        return None

    def _may_follow(self, text: str, character: str) -> bool:
        if character != "/":
            return True
        # Without the prefix a text does not begin with "/"; and a path has no empty segment.
        return bool(text) and not (self._is_path and text.endswith("/"))

    def _is_whole(self, text: str) -> bool:
        return bool(text) and not (self._is_path and text.endswith("/"))

    def _shape(self, text: str) -> tuple[bool, int]:
        """Return what decides, besides the states, whether a text counts: so that one that does not hides none that does."""
        return (text.endswith("/"), min(text.count("/"), _DEEPEST)) if self._is_path else (bool(text), 0)

    def _steps(self, inner: _State, outer: _State) -> Iterator[tuple[tuple[_State, _State], str]]:
        for character in self._characters:
            self._work.spend(1)
            following = self._inner.step(inner, character)
            if self._inner.is_dead(following):
                continue
            beside = self._outer.step(outer, character)
            if not self._outer.is_whole(beside):
                yield (following, beside), self._other if character is OTHER else character


def _side(language: Language, prefix: str) -> _Side:
    entries = None if language.entries is None else Automaton(_beginning(language.entries, prefix))
    return _Side(entries, Automaton(_beginning(language.exclusions, prefix)))


def _beginning(patterns: Sequence[str], prefix: str) -> list[str]:
    """Return the patterns that texts with this beginning can match, without it: both begin with "/", or neither."""
    return [pattern.removeprefix("/") for pattern in patterns if pattern.startswith("/") == bool(prefix)]
