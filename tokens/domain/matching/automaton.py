"""The automaton for what takes more than one text: whether one pattern lies within another, or meets a template.

Every Ant-style pattern becomes a chain of states. Literals and `?` move to the next state, wildcards stay where they are:
nothing ever goes back. A set of states is one integer, one bit a state, so reading a text takes a step a character, whatever
the patterns. That a pattern and a text must both begin with "/", or neither, is for the callers to see to.
"""

from collections.abc import Sequence

# Stands for every character that no pattern of an automaton spells out. Longer than a character, so it equals none.
OTHER = "other"


class Automaton:
    """One or more patterns read at the same time.

    Attributes:
        start: the states before the first character.
        accept: the states in which one of the patterns has matched.
        forever: the states that match whatever comes (the end of `/a/**`).
        any_mask, stay, stay_slash: states that move on any character but "/"; that stay on it; that stay on "/".
        moving: for each character that is spelled out, the states that move on it.
        literals: for each state that spells out a character, that character.
    """

    __slots__ = (
        "accept",
        "any_mask",
        "entries",
        "forever",
        "literals",
        "moving",
        "start",
        "stay",
        "stay_slash",
        "width",
    )

    def __init__(self, patterns: Sequence[str]) -> None:
        """Build the states of all patterns, one after the other."""
        self.accept = self.any_mask = self.stay = self.stay_slash = self.forever = self.entries = self.start = 0
        self.width = 0
        self.literals: dict[int, str] = {}
        for pattern in patterns:
            self._add(pattern)
        self.moving = self._masks_by_character()

    def step(self, mask: int, character: str) -> int:
        """Return the states after one more character (or `OTHER`)."""
        moved = (mask & self.moving.get(character, self.any_mask)) << 1
        # A `**` may match no segment at all, so to arrive at one is also to be past it.
        return moved | (moved & self.entries) << 1 | mask & (self.stay_slash if character == "/" else self.stay)

    def after_any_segment(self, mask: int) -> int:
        """Return every state that some text of one character or more without a "/" can lead to."""
        moving = self.any_mask
        for character, movers in self.moving.items():
            moving |= movers if character != "/" else 0
        reached, fresh = 0, mask
        while fresh:
            fresh = ((fresh & moving) << 1 | fresh & self.stay) & ~reached
            reached |= fresh
        return reached

    def _add(self, pattern: str) -> None:
        """Append the states of one pattern."""
        segments = _collapsed(pattern.split("/"))
        last = len(segments) - 1
        self.start |= 1 << self.width
        if segments[0] == "**" and last:
            self.start |= 2 << self.width
        for place, segment in enumerate(segments):
            if segment != "**":
                self._add_segment(segment)
                self._add_slash_after(segments, place)
            elif place < last:
                self._add_skipped_segments()
            else:
                self._add_rest()
        self.accept |= 1 << self.width
        self.width += 1

    def _add_segment(self, segment: str) -> None:
        for character in segment:
            if character == "*":
                self.stay |= 1 << self.width
            elif character == "?":
                self.any_mask |= 1 << self.width
                self.width += 1
            else:
                self.literals[self.width] = character
                self.width += 1

    def _add_slash_after(self, segments: list[str], place: int) -> None:
        if place == len(segments) - 1:
            return
        if place + 2 == len(segments) and segments[-1] == "**":
            # `/a/**` matches `/a`.
            self.accept |= 1 << self.width
        self.literals[self.width] = "/"
        self.width += 1
        if segments[place + 1] == "**" and place + 2 < len(segments):
            self.entries |= 1 << self.width

    def _add_skipped_segments(self) -> None:
        """Append the state of a `**` before more segments: it stays on everything and may leave at each "/"."""
        self.stay |= 1 << self.width
        self.stay_slash |= 1 << self.width
        self.literals[self.width] = "/"
        self.width += 1

    def _add_rest(self) -> None:
        """Make the state of a last `**`: it stays on everything."""
        self.stay |= 1 << self.width
        self.stay_slash |= 1 << self.width
        self.forever |= 1 << self.width

    def _masks_by_character(self) -> dict[str, int]:
        moving: dict[str, int] = {"/": 0}
        for state, character in self.literals.items():
            moving[character] = moving.get(character, 0) | 1 << state
        return {character: mask if character == "/" else mask | self.any_mask for character, mask in moving.items()}


def _collapsed(segments: list[str]) -> list[str]:
    """Return the segments with runs of `**` made one: they mean the same."""
    return [segment for place, segment in enumerate(segments) if segment != "**" or place == 0 or segments[place - 1] != "**"]
