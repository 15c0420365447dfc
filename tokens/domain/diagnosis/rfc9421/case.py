"""Takes a request with an HTTP message signature apart for the diagnosis."""

import re
from collections.abc import Sequence
from datetime import datetime

from tokens.domain.diagnosis.cases import Case, ClientText
from tokens.domain.diagnosis.drafts import Line
from tokens.domain.diagnosis.rfc9421.reading import Reading, read_leniently
from tokens.domain.diagnosis.rfc9421.suspects import find_suspects
from tokens.domain.diagnosis.suspecting.keys import SNWS2, SNWS3, Lock
from tokens.domain.signing.requests import SignedRequest

_LINE = re.compile(r"\s*\"?(@?[\w-]+)\"?((?:;[^:\"]*(?:\"[^\"]*\")?)*)\s*:").match


def open_case(request: SignedRequest, *, hosts: Sequence[str], now: datetime) -> Case | None:
    """Take a request apart; `None` if it has no `Signature-Input`.

    Args:
        request: as pasted.
        hosts: other hosts that the client may have signed.
        now: the present (UTC).
    """
    reading = read_leniently(request)
    if reading is None:
        return None
    return Case(
        scheme="HTTP message signature",
        token_id=reading.token_id,
        signature=reading.signature,
        date=reading.date,
        accepted=reading.accepted,
        suspects=find_suspects(request, reading, hosts),
        lock=_lock(reading, now),
        mistakes=reading.mistakes,
        split=split_text,
    )


def _lock(reading: Reading, now: datetime) -> Lock | None:
    if reading.date is None:
        return None
    return Lock(
        family=SNWS3,
        other=SNWS2,
        right_days=(reading.key_day,) if reading.key_day else (),
        day=reading.date.date(),
        today=now.date(),
        takes_password=not reading.is_derived,
        token_id=reading.token_id,
    )


def split_text(text: str) -> ClientText:
    """Split a signature base into its lines."""
    return ClientText(tuple(_label(line) for line in text.strip("\n").split("\n"))) if text.strip() else ClientText()


def _label(line: str) -> Line:
    found = _LINE(line)
    if found:
        return Line(f"{found[1].lower()}{found[2].strip()}", line)
    return Line("other" if line.strip() else "blank", line)
