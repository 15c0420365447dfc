"""Lays what the portal would have signed beside what the client signed, line by line, and marks where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from tokens.domain.diagnosis.drafts import Draft, Line, Mistake, Suspect
from tokens.domain.text import shorten

# More lines than any request needs; the rest of a longer text is not compared.
MAX_LINES = 200
# Lines that are lists.
_SEPARATORS = {"query": "&", "@query": "&", "signed headers": ";"}
_SHOWN_MEMBERS = 3
_SIGNS = str.maketrans({" ": "␣", "\t": "⇥", "\r": "␍", "\u00a0": "⍽"})
_INVISIBLE = {
    " ": "a space",
    "\t": "a tab",
    "\r": "a carriage return",
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
}


class State(StrEnum):
    """How a line of the client's compares with the portal's."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"
    ADDITIONAL = "additional"


class Marked(NamedTuple):
    """A line's text in three parts, of which the middle one differs.

    `is_gap`: the other side has something there, and this one nothing.
    """

    before: str
    differing: str
    after: str
    is_gap: bool = False

    @property
    def visible(self) -> str:
        """The differing part with a sign for each character that cannot be seen."""
        return self.differing.translate(_SIGNS)


@dataclass(frozen=True, slots=True)
class Row:
    """One line on both sides; a side without it is `None`. `number` counts from 1.

    `explanation` says in words what differs, and `mistakes` name it, as far as it has a name.
    """

    number: int
    role: str
    state: State
    portal: Marked | None
    client: Marked | None
    explanation: str = ""
    mistakes: tuple[Mistake, ...] = ()
    is_first: bool = False


def compare(portal: Draft, client: Sequence[Line], suspects: Sequence[Suspect]) -> tuple[Row, ...]:
    """Compare two texts line by line.

    Args:
        portal: what the portal would have signed.
        client: what the client signed.
        suspects: what a client may do otherwise, to name the differences with.
    """
    rows = []
    is_first = True
    for number, (ours, theirs) in enumerate(_align(portal.lines[:MAX_LINES], client[:MAX_LINES]), 1):
        row = _row(number, ours, theirs, portal, suspects, is_first=is_first)
        is_first = is_first and row.state is State.SAME
        rows.append(row)
    return tuple(rows)


def _align(portal: Sequence[Line], client: Sequence[Line]) -> list[tuple[Line | None, Line | None]]:
    """Pair the lines of the same role; what has no counterpart stands alone."""
    pairs: list[tuple[Line | None, Line | None]] = []
    matcher = SequenceMatcher(None, [line.role for line in portal], [line.role for line in client], autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        ours, theirs = portal[start:end], client[other_start:other_end]
        if tag == "equal":
            pairs += zip_longest(ours, theirs)
        else:
            pairs += [(line, None) for line in ours]
            pairs += [(None, line) for line in theirs]
    return pairs


def _row(
    number: int, ours: Line | None, theirs: Line | None, portal: Draft, suspects: Sequence[Suspect], *, is_first: bool
) -> Row:
    if ours is None:
        return _additional(number, theirs or Line("", ""), is_first=is_first)
    if theirs is None:
        return _missing(number, ours, portal, suspects, is_first=is_first)
    if ours.text == theirs.text:
        same = Marked(ours.text, "", "")
        return Row(number, ours.role, State.SAME, same, same)
    left, right = mark(ours.text, theirs.text)
    explanation = explain_difference(left, right)
    mistakes = name_difference(ours.role, theirs.text, portal, suspects) or (
        Mistake("Other text", f"The line of {ours.role} differs. {explanation}"),
    )
    return Row(number, ours.role, State.DIFFERENT, left, right, explanation, mistakes, is_first=is_first)


def _additional(number: int, line: Line, *, is_first: bool) -> Row:
    what = f"a line of {line.role}" if line.text else "a blank line"
    explanation = f"The client has {what} that the portal does not have."
    marked = Marked("", line.text, "")
    mistakes = (Mistake("Additional line", explanation),)
    return Row(number, line.role, State.ADDITIONAL, None, marked, explanation, mistakes, is_first=is_first)


def _missing(number: int, line: Line, portal: Draft, suspects: Sequence[Suspect], *, is_first: bool) -> Row:
    explanation = f"The portal has a line of {line.role} here that the client does not have."
    named = [one.mistakes for one in suspects if one.role == line.role and one.change(portal).find(line.role) is None]
    mistakes = named[0] if named else (Mistake("Missing line", explanation),)
    return Row(number, line.role, State.MISSING, Marked("", line.text, ""), None, explanation, mistakes, is_first=is_first)


def mark(ours: str, theirs: str) -> tuple[Marked, Marked]:
    """Mark what differs in two texts: everything between their common start and their common end."""
    shortest = min(len(ours), len(theirs))
    same = next((place for place in range(shortest) if ours[place] != theirs[place]), shortest)
    # An escape is marked as a whole.
    start = next((same - back for back in (1, 2) if same >= back and ours[same - back] == "%"), same)
    room = shortest - same
    end = next((place for place in range(room) if ours[-1 - place] != theirs[-1 - place]), room)
    return _cut(ours, start, len(ours) - end), _cut(theirs, start, len(theirs) - end)


def _cut(text: str, start: int, end: int) -> Marked:
    return Marked(text[:start], text[start:end], text[end:], is_gap=start >= end)


def explain_difference(ours: Marked, theirs: Marked) -> str:
    """Say in words where two texts begin to differ, and what stands there on either side."""
    at = len(ours.before) + 1
    return f"At character {at:,} the portal has {_say(ours)}, the client {_say(theirs)}."


def _say(text: Marked) -> str:
    """Name the first differing character, or the one that stands in its place."""
    rest = text.differing + text.after
    if not rest:
        return "the end of the line"
    if rest.startswith("%") and text.differing:
        return f"“{rest[:3]}”"
    character = rest[0]
    if character in _INVISIBLE:
        return _INVISIBLE[character]
    return f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"


def name_difference(role: str, text: str, portal: Draft, suspects: Sequence[Suspect]) -> tuple[Mistake, ...]:
    """Return the mistakes that turn the portal's line of a role into the client's, none if no suspect does."""
    for suspect in suspects:
        if suspect.role in {role, ""} and suspect.change(portal).find(role) == text:
            return suspect.mistakes
    return _name_generally(role, portal.find(role) or "", text)


def _name_generally(role: str, ours: str, theirs: str) -> tuple[Mistake, ...]:
    blanks = Mistake("Whitespace", "Spaces differ. Write the line exactly as the portal does.")
    case = Mistake("Upper and lower case", "Upper and lower case differ. Write the line exactly as the portal does.")
    ours_joined, theirs_joined = "".join(ours.split()), "".join(theirs.split())
    if ours_joined == theirs_joined:
        return (blanks,)
    if ours_joined.lower() == theirs_joined.lower():
        return (case,) if ours.lower() == theirs.lower() else (case, blanks)
    separator = _SEPARATORS.get(role)
    return tuple(_name_members(ours.split(separator), theirs.split(separator))) if separator else ()


def _name_members(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Mistake]:
    """Name the parameters or header names that only one side has."""
    of_portal, of_client = dict.fromkeys(ours), dict.fromkeys(theirs)
    missing = [shorten(member) for member in of_portal if member not in of_client]
    additional = [shorten(member) for member in of_client if member not in of_portal]
    if missing:
        yield Mistake("Missing", f"What the client signed lacks “{'”, “'.join(missing[:_SHOWN_MEMBERS])}”.")
    if additional:
        yield Mistake(
            "Additional",
            f"What the client signed has “{'”, “'.join(additional[:_SHOWN_MEMBERS])}”, which the portal does not have.",
        )
    if not missing and not additional:
        yield Mistake("Order", "Both have the same parts, but in another order or number.")
