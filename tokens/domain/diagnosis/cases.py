"""A request taken apart by its signing scheme, for the diagnosis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tokens.domain.diagnosis.drafts import Draft, Line, Mistake, Suspect
from tokens.domain.diagnosis.suspecting.keys import Lock


@dataclass(frozen=True, slots=True)
class ClientText:
    """What the client says it signed, split by its scheme. `lines` or `string` is empty where that part was not given.

    `lines` are those of the canonical request or the signature base, `string` those of SNWS2's string to sign.
    """

    lines: tuple[Line, ...] = ()
    string: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One signed request.

    Attributes:
        scheme: for people.
        token_id: whom the request names; "" if nobody.
        signature: 32 raw bytes, `None` if it cannot be read as such.
        date: the request's date (UTC), `None` if it cannot be read.
        accepted: the texts that the portal takes for signed; the first is the request as it was sent.
        suspects: what a client may have done otherwise.
        lock: which keys open it; `None` without a date.
        mistakes: what the headers do otherwise than the scheme says.
        split: splits what the client says it signed.
    """

    scheme: str
    token_id: str
    signature: bytes | None
    date: datetime | None
    accepted: tuple[Draft, ...]
    suspects: tuple[Suspect, ...]
    lock: Lock | None
    mistakes: tuple[Mistake, ...]
    split: Callable[[str], ClientText] = field(repr=False)


def nearest(drafts: Sequence[Draft], lines: Sequence[Line]) -> Draft:
    """Return the draft that has the most lines in common with others; the first of several."""
    wanted = set(lines)
    return max(drafts, key=lambda draft: sum(line in wanted for line in draft.lines))
