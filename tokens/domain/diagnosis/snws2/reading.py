"""Reads an SNWS2 request leniently: what can still be compared, and what its header does otherwise than it should."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

from tokens.domain.diagnosis.drafts import Draft, Line, Mistake
from tokens.domain.diagnosis.pasting.bodies import stated_sha256
from tokens.domain.diagnosis.suspecting.bodies import find_digest_mistake
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.http_dates import parse_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.canonical import canonical_query, is_form_post
from tokens.domain.signing.snws2.digests import EMPTY_SHA256
from tokens.domain.signing.snws2.header import parse_authorization
from tokens.domain.signing.snws2.verification import names_to_sign

OUTER = "SNWS2-HMAC-SHA256\n{stamp}\n{hash}"
_SCHEME = re.compile(r"(?i)\s*SNWS2[\s:]+(.*)", re.DOTALL).fullmatch
_PART = re.compile(r"(?i)(Credential|SignedHeaders|Signature)\s*=\s*\"?([^,\"\s]*)\"?").findall
_HEX = re.compile(r"[0-9A-Fa-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class Reading:
    """An SNWS2 request, as far as it can be read.

    Attributes:
        token_id: whom the header names.
        names: the signed headers, as written.
        signature: 32 raw bytes, `None` if it cannot be read as such.
        date: the request's date (UTC), `None` if it cannot be read.
        draft: the text to be signed.
        mistakes: what the headers do otherwise than SNWS2 says.
    """

    token_id: str
    names: tuple[str, ...]
    signature: bytes | None
    date: datetime | None
    draft: Draft
    mistakes: tuple[Mistake, ...]
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)


def read_leniently(request: SignedRequest) -> Reading | None:
    """Read what an SNWS2 request says, whatever is wrong with it; `None` if it names no signature of SNWS2 at all."""
    header = _SCHEME(next(iter(request.header_values("authorization")), ""))
    if header is None:
        return None
    parts = {name.lower(): value for name, value in _PART(header[1])}
    headers = {name: value.strip(" \t") for name, value in request.headers}
    if request.hosts:
        headers.setdefault("host", request.hosts[0])
    written = tuple(name for name in parts.get("signedheaders", "").split(";") if name)
    names = tuple(sorted({name.lower() for name in written}))
    signature, wrong_signature = _read_signature(parts.get("signature", ""))
    date, wrong_date = _read_date(headers)
    digest = find_digest_mistake(headers, request.body)
    mistakes = (*_find_mistakes(parts, written, headers), *wrong_signature, *wrong_date, *([digest] if digest else []))
    mistakes = mistakes or _find_form_mistake(request)
    draft = _draft(request, headers, names, date)
    return Reading(parts.get("credential", ""), written, signature, date, draft, mistakes, headers)


def spell_stamp(date: datetime) -> str:
    """Return a date as the string to sign has it."""
    return f"{date:%Y%m%dT%H%M%SZ}"


def _read_signature(text: str) -> tuple[bytes | None, tuple[Mistake, ...]]:
    """Read a signature in hex of either case, or in base64."""
    if _HEX(text):
        upper = Mistake("Signature", "The signature has upper-case hex digits; they must be lower case.")
        return bytes.fromhex(text), (upper,) if text != text.lower() else ()
    try:
        raw = b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raw = b""
    if len(raw) == 32:
        return raw, (Mistake("Signature", "The signature is in base64; SNWS2 writes it in lower-case hex, 64 digits."),)
    advice = "The signature is not 64 lower-case hex digits, so it cannot be compared. Copy it whole."
    return None, (Mistake("Signature", advice),)


def _read_date(headers: Mapping[str, str]) -> tuple[datetime | None, tuple[Mistake, ...]]:
    name = "x-sn-date" if "x-sn-date" in headers else "date"
    if name not in headers:
        return None, (Mistake("Date", "The request has neither an X-SN-Date nor a Date header. Send one, and sign it."),)
    text = headers[name]
    try:
        return parse_http_date(text), ()
    except MalformedRequest as error:
        return _read_other_date(text), (Mistake("Date", str(error)),)


def _read_other_date(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(text)
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _find_mistakes(parts: Mapping[str, str], written: tuple[str, ...], headers: Mapping[str, str]) -> list[Mistake]:
    missing = [part for part in ("Credential", "SignedHeaders", "Signature") if not parts.get(part.lower())]
    mistakes = [Mistake("Authorization", f"The Authorization header has no {part}=.") for part in missing]
    names = {name.lower() for name in written}
    if any(name != name.lower() for name in written):
        mistakes.append(Mistake("Authorization", "SignedHeaders has upper-case letters; the names must be lower case."))
    unsigned = sorted(names_to_sign(headers) - names)
    if written and unsigned:
        advice = f"{_list(unsigned)} must be signed as well: add it to SignedHeaders, and add its line."
        mistakes.append(Mistake("Missing header", advice))
    lacking = sorted(names - headers.keys())
    if lacking:
        advice = f"{_list(lacking)} is signed, but missing from the pasted request: not sent, not pasted, or removed by a proxy."
        mistakes.append(Mistake("Missing header", advice))
    return mistakes


def _find_form_mistake(request: SignedRequest) -> tuple[Mistake, ...]:
    """Return what the strict reader of the header refuses, where nothing else is wrong with it."""
    values = request.header_values("authorization")
    if len(values) > 1:
        return (Mistake("Authorization", f"The request has {len(values)} Authorization headers instead of one."),)
    try:
        parse_authorization(values[0])
    except MalformedRequest as error:
        rule = "Its form is: SNWS2 Credential=…,SignedHeaders=…,Signature=… with no other space than the one after SNWS2."
        return (Mistake("Authorization", f"{error} {rule}"),)
    return ()


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _draft(request: SignedRequest, headers: Mapping[str, str], names: tuple[str, ...], date: datetime | None) -> Draft:
    """Write the canonical request as the portal does, without asking whether everything is signed that must be."""
    is_form = is_form_post(request.method, headers.get("content-type", ""))
    lines = [
        Line("method", request.method),
        Line("path", request.path),
        Line("query", query_line(request, is_form=is_form)),
        *(Line(name, f"{name}:{headers.get(name, '')}") for name in names),
        Line("signed headers", ";".join(names)),
        Line("body hash", _body_hash(request, headers, is_form=is_form)),
    ]
    return Draft(tuple(lines), outer=OUTER, stamp=spell_stamp(date) if date else "")


def query_line(request: SignedRequest, *, is_form: bool = False) -> str:
    """Return the line of the query, with the parameters of a form if it is one."""
    try:
        return canonical_query(request.query, (request.body or b"") if is_form else b"")
    except MalformedRequest:
        return request.query


def _body_hash(request: SignedRequest, headers: Mapping[str, str], *, is_form: bool) -> str:
    if is_form:
        return EMPTY_SHA256
    if request.body is None:
        return stated_sha256(headers) or EMPTY_SHA256
    return sha256(request.body).hexdigest()
