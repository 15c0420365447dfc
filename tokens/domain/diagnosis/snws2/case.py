"""Takes an SNWS2 request apart for the diagnosis."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from tokens.domain.diagnosis.cases import Case, ClientText
from tokens.domain.diagnosis.drafts import Draft, Line
from tokens.domain.diagnosis.snws2.reading import read_leniently
from tokens.domain.diagnosis.snws2.suspects import find_suspects
from tokens.domain.diagnosis.suspecting.keys import SNWS2, SNWS3, Lock
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.header import NAME
from tokens.domain.signing.snws2.keys import KEY_DAYS
from tokens.domain.signing.snws2.verification import read_request

_STRING = re.compile(r"(?m)^[ \t]*(?:SNWS2|AWS4)\b[\w-]*[ \t]*\n[ \t]*\S*[ \t]*\n[ \t]*[0-9A-Fa-f]{64}[ \t]*$").search
_HEADER_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:").match
_HASH = re.compile(r"[0-9A-Fa-f]{64}|UNSIGNED-PAYLOAD|[A-Za-z0-9+/]{43}=").fullmatch
_STRING_ROLES = ("algorithm", "date", "canonical request's hash")


def open_case(request: SignedRequest, *, hosts: Sequence[str], now: datetime) -> Case | None:
    """Take a request apart; `None` if its `Authorization` header is none of SNWS2.

    Args:
        request: as pasted.
        hosts: other hosts that the client may have signed.
        now: the present (UTC).
    """
    reading = read_leniently(request)
    if reading is None:
        return None
    lock = None
    if reading.date is not None:
        lock = Lock(SNWS2, SNWS3, _right_days(reading.date.date()), reading.date.date(), now.date(), token_id=reading.token_id)
    return Case(
        scheme=NAME,
        token_id=reading.token_id,
        signature=reading.signature,
        date=reading.date,
        accepted=_accepted(request, reading.draft),
        suspects=find_suspects(request, reading, hosts),
        lock=lock,
        mistakes=reading.mistakes,
        split=split_text,
    )


def _accepted(request: SignedRequest, draft: Draft) -> tuple[Draft, ...]:
    """Return the canonical requests that the portal takes for signed: other spellings of the host among them."""
    try:
        claim = read_request(request)
    except MalformedRequest:
        spellings = request.hosts if draft.find("host") is not None else ()
        return tuple(draft.with_line("host", f"host:{host}") for host in spellings) or (draft,)
    return tuple(replace(draft, lines=label_lines(text)) for text in (claim.canonical, *claim.other_canonicals))


def _right_days(day: date) -> list[date]:
    return [day - timedelta(days=age) for age in range(KEY_DAYS)]


def split_text(text: str) -> ClientText:
    """Split a canonical request, a string to sign, or one after the other."""
    found = _STRING(text)
    if found is None:
        return ClientText(label_lines(text))
    string = tuple(Line(role, line.strip()) for role, line in zip(_STRING_ROLES, found[0].split("\n"), strict=True))
    return ClientText(label_lines(text[: found.start()]), string)


def label_lines(text: str) -> tuple[Line, ...]:
    """Say of each line of a client's canonical request what it holds, also if some are missing or too many."""
    lines = text.strip("\n").split("\n") if text.strip() else []
    head = [Line(role, line) for role, line in zip(("method", "path"), lines, strict=False)]
    rest = lines[2:]
    # Without a query the line is blank; a client that forgot it goes on with the headers.
    if rest and not _HEADER_LINE(rest[0]):
        head.append(Line("query", rest.pop(0)))
    tail = _take_end(rest)
    return (*head, *map(_label_header, rest), *tail)


def _take_end(rest: list[str]) -> list[Line]:
    """Take the body hash and the signed headers off the end of the lines, as far as they are there."""
    tail: list[Line] = []
    if rest and _HASH(rest[-1].strip()):
        tail.insert(0, Line("body hash", rest.pop()))
    if rest and rest[-1].strip() and not _HEADER_LINE(rest[-1]):
        tail.insert(0, Line("signed headers", rest.pop()))
    return tail


def _label_header(line: str) -> Line:
    header = _HEADER_LINE(line)
    if header:
        return Line(header[1].lower(), line)
    return Line("other" if line.strip() else "blank", line)
