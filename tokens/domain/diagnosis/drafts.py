"""What a client may have signed, as lines that can be changed and compared, and the names of its mistakes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple


class Mistake(NamedTuple):
    """One thing that a client does otherwise than its scheme says.

    `name` is a short heading, `advice` says in a sentence or two what is different and what to do. Neither contains a secret.
    """

    name: str
    advice: str


class Line(NamedTuple):
    """One line of a signed text. `role` says what it holds (`method`, `query`, `host`), and lines are compared by it."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to be signed, in its parts.

    Attributes:
        lines: the lines of the canonical request or the signature base.
        newline, end: what stands between the lines and after the last one.
        outer: the text that the signature is made of, with `{text}`, `{hash}` (hex SHA-256 of the text) or `{stamp}`.
        stamp: the date as the outer text has it.
    """

    lines: tuple[Line, ...]
    newline: str = "\n"
    end: str = ""
    outer: str = "{text}"
    stamp: str = ""

    @property
    def text(self) -> str:
        """The canonical request or the signature base."""
        return self.newline.join([line.text for line in self.lines]) + self.end

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of the text."""
        return sha256(to_bytes(self.text)).hexdigest()

    @property
    def message(self) -> bytes:
        """What the signature is made of."""
        # The outer text is one of ours, so nothing that was pasted is taken for a placeholder.
        needs_hash = "{hash" in self.outer
        hashed = self.sha256 if needs_hash else ""
        text = "" if needs_hash else self.text
        return to_bytes(self.outer.format(text=text, hash=hashed, hash_upper=hashed.upper(), stamp=self.stamp))

    def find(self, role: str) -> str | None:
        """Return the text of the line of a role, `None` if there is no such line."""
        return next((line.text for line in self.lines if line.role == role), None)

    def with_line(self, role: str, text: str) -> "Draft":
        """Return the draft with another text in the line of a role."""
        return replace(self, lines=tuple([Line(role, text) if line.role == role else line for line in self.lines]))

    def without_line(self, role: str) -> "Draft":
        """Return the draft without the line of a role."""
        return replace(self, lines=tuple([line for line in self.lines if line.role != role]))


Change = Callable[[Draft], Draft]


class Suspect(NamedTuple):
    """Something that the client may have done: the change it makes to the text, and its names.

    `role` is the line that it changes, "" if it changes more than one. `pairs`: whether it is worth trying beside another one.
    """

    role: str
    mistakes: tuple[Mistake, ...]
    change: Change
    pairs: bool = True


def line_suspect(role: str, text: str, *mistakes: Mistake, pairs: bool = True) -> Suspect:
    """Return a suspect that writes another text into the line of a role."""
    return Suspect(role, mistakes, lambda draft: draft.with_line(role, text), pairs)


def draft_suspect(mistake: Mistake, change: Change, *, role: str = "", pairs: bool = True) -> Suspect:
    """Return a suspect that changes the draft as a whole."""
    return Suspect(role, (mistake,), change, pairs)


def fields_suspect(role: str, mistake: Mistake, *, pairs: bool = True, **fields: str) -> Suspect:
    """Return a suspect that changes fields of the draft: `newline`, `end`, `outer` or `stamp`."""

    def change(draft: Draft) -> Draft:
        return replace(
            draft,
            newline=fields.get("newline", draft.newline),
            end=fields.get("end", draft.end),
            outer=fields.get("outer", draft.outer),
            stamp=fields.get("stamp", draft.stamp),
        )

    return Suspect(role, (mistake,), change, pairs)


def lines_suspect(mistake: Mistake, lines: tuple[Line, ...]) -> Suspect:
    """Return a suspect that writes other lines."""
    return Suspect("", (mistake,), lambda draft: replace(draft, lines=lines))


def missing_suspect(role: str, mistake: Mistake) -> Suspect:
    """Return a suspect that leaves out the line of a role."""
    return Suspect(role, (mistake,), lambda draft: draft.without_line(role))


def to_bytes(text: str) -> bytes:
    """Return the bytes of a pasted text, whatever it contains."""
    return text.encode("utf-8", "surrogatepass")
