"""Whether everything that one pattern matches is matched by another: exact, within a bound of work."""

from collections.abc import Iterator

from tokens.domain.matching.automaton import OTHER, Automaton
from tokens.domain.matching.texts import Text, is_plain
from tokens.domain.matching.work import Work

# A character that entries of a policy cannot hold.
_FOREIGN = "\0"
# One state of an inner automaton, and the states of an outer one.
_Pair = tuple[int, int]


class Inner:
    """A pattern, and the question within which others it lies.

    Most others are told apart by texts that stand for all that the pattern matches: another that does not match them does not
    contain it. The automaton is for the few that do.
    """

    __slots__ = ("_pattern", "_witnesses", "_work", "witness")

    def __init__(self, pattern: str, work: Work) -> None:
        """Find texts that stand for the pattern; `work` bounds all answers together."""
        self._pattern = pattern
        self._work = work
        # Whatever this text has in common with another pattern is spelled out in this one.
        self.witness = _replace_wildcards(pattern, several=2 * _FOREIGN, segments=[_FOREIGN, _FOREIGN])
        shortest = Text(_replace_wildcards(pattern, several="", segments=[]), work)
        self._witnesses = [Text(self.witness, work), *([shortest] if shortest.matches(pattern) else [])]

    def lies_within(self, outer: str) -> bool:
        """Return whether everything that the pattern matches is matched by `outer`.

        Raises:
            TooMuchWork: the bound is reached, and the result is not known.
        """
        if outer == self._pattern:
            return True
        if not all(witness.matches(outer) for witness in self._witnesses):
            return False
        return self._is_known_within(outer) or _is_included(self._pattern, outer, self._work)

    def _is_known_within(self, outer: str) -> bool:
        """Return whether the witness is proof enough."""
        if is_plain(self._pattern):
            return True
        # What is foreign in the witness was matched by wildcards of `outer`, which match as well whatever else may stand there:
        # unless one is a `?`, or a `*` that stands for one of the many segments of a `**`.
        return "**" not in self._pattern and "?" not in outer and _FOREIGN not in outer


def is_within(inner: str, outer: str, work: Work | None = None) -> bool:
    """Return whether everything that `inner` can match is matched by `outer`.

    Raises:
        TooMuchWork: `work` is used up, and the result is not known.
    """
    return Inner(inner, work or Work()).lies_within(outer)


def _replace_wildcards(pattern: str, *, several: str, segments: list[str]) -> str:
    """Return a text that the pattern matches, but perhaps for a "/" at its beginning."""
    replaced: list[str] = []
    for segment in pattern.split("/"):
        replaced += segments if segment == "**" else [segment.replace("*", several).replace("?", _FOREIGN)]
    return "/".join(replaced)


def _is_included(inner: str, outer: str, work: Work) -> bool:
    """Look for a text that only the inner pattern matches, reading both at the same time."""
    work.spend(4 * (len(inner) + len(outer)))
    if inner.startswith("/"):
        # So does `outer`, or the witnesses would have told.
        both = _Both(Automaton([inner[1:]]), Automaton([outer[1:]]), work)
        return both.is_covered_from(both.start())
    both = _Both(Automaton([inner]), Automaton([outer]), work)
    start = both.start()
    if any(both.differ(pair) for pair in start):
        return False
    # Neither matches a text that begins with "/".
    return both.is_covered_from([following for pair in start for following in both.step(pair, without="/")])


class _Both:
    """The automata of an inner and an outer pattern, and the states that both can be in after the same text."""

    __slots__ = ("_inner", "_outer", "_work")

    def __init__(self, inner: Automaton, outer: Automaton, work: Work) -> None:
        """Read both with what is left of the work."""
        self._inner = inner
        self._outer = outer
        self._work = work

    def start(self) -> list[_Pair]:
        """Return one state of the inner automaton each, with all of the outer, before the first character."""
        return [(bit, self._outer.start) for bit in _bits(self._inner.start)]

    def differ(self, pair: _Pair) -> bool:
        """Return whether only the inner pattern matches here, or is the only one that still can."""
        state, mask = pair
        return not mask or bool(self._inner.accept & state and not self._outer.accept & mask)

    def is_covered_from(self, todo: list[_Pair]) -> bool:
        """Return whether from these states on the outer pattern matches whatever the inner one does."""
        seen: dict[int, list[int]] = {}
        while todo:
            state, mask = todo.pop()
            if mask & self._outer.forever:
                continue
            known = seen.setdefault(state, [])
            self._work.spend(1 + len(known) // 8)
            # Fewer states accept less: if a subset of these was checked, these need no check.
            if any(fewer & mask == fewer for fewer in known):
                continue
            known.append(mask)
            if self.differ((state, mask)):
                return False
            todo += self.step((state, mask))
        return True

    def step(self, pair: _Pair, *, without: str = "") -> Iterator[_Pair]:
        """Yield where both may be after one more character, other than `without`."""
        state, mask = pair
        for character in self._characters(state):
            if character != without:
                self._work.spend(4)
                following = self._outer.step(mask, character)
                yield from ((bit, following) for bit in _bits(self._inner.step(state, character)))

    def _characters(self, state: int) -> list[str]:
        """Return the characters worth trying in an inner state: those that the two automata can tell apart."""
        literal = self._inner.literals.get(state.bit_length() - 1)
        characters = [literal] if literal is not None else []
        if state & (self._inner.any_mask | self._inner.stay):
            characters += [OTHER, *self._outer.moving]
        return characters


def _bits(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit
