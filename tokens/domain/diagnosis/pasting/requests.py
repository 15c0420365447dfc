"""Puts the fields of the debugger's form together to the request that was sent."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from tokens.domain.diagnosis.drafts import to_bytes
from tokens.domain.diagnosis.pasting.bodies import choose_body, has_digest
from tokens.domain.diagnosis.pasting.curl import read_curl
from tokens.domain.diagnosis.pasting.headers import Pasted, read_headers
from tokens.domain.errors import MalformedRequest, Problem
from tokens.domain.signing.hosts import any_scheme_spellings, host_spellings
from tokens.domain.signing.http_dates import parse_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.canonical import is_form_post
from tokens.domain.text import shorten

_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL).fullmatch
_HOST_FIRST = re.compile(r"([\w.-]+\.[\w-]+|localhost|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(?=[/?]|$)").match
_METHOD = re.compile(r"[A-Za-z]{1,20}").fullmatch


@dataclass(frozen=True, slots=True)
class Fields:
    """The form's fields as they were pasted; each may be empty."""

    method: str = ""
    address: str = ""
    headers: str = field(default="", repr=False)
    body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """The request that was read.

    Attributes:
        request: the request; `None` if `problems` say why there is none.
        problems: by the field of the form.
        notes: what was decided in reading, as sentences.
        answered: when the server answered, if the text tells; the clock to compare the request's date with.
        hosts: every host that the text names, the one that counts first.
    """

    request: SignedRequest | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    answered: datetime | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Address:
    scheme: str
    host: str
    path: str
    query: str
    has_query: bool


def read_request(fields: Fields) -> Reading:
    """Read a request from the fields of the form, or say what is missing."""
    pasted = read_curl(fields.headers) or read_headers(fields.headers)
    address = _read_address(fields.address.strip() or pasted.target, pasted.scheme)
    headers = dict(pasted.headers)
    host = (headers.get("host") or address.host).strip(" \t")
    text = fields.body or pasted.body
    method = fields.method.strip() or pasted.method or "GET"
    body, has_body = _read_body(text, headers)
    problems = tuple(_find_problems(method, address, host, pasted, is_body_missing=_lacks_body(method, body, has_body, headers)))
    if problems:
        return Reading(None, problems)
    request = SignedRequest(
        method=method.upper(),
        path=address.path,
        query=address.query,
        headers=pasted.headers,
        body=body,
        has_body=has_body,
        hosts=host_spellings(host, address.scheme) if address.scheme else any_scheme_spellings(host),
        scheme=address.scheme if address.scheme in {"http", "https"} else "",
        has_empty_query=address.has_query and not address.query,
    )
    notes = tuple(_notes(fields, pasted, request))
    return Reading(request, (), notes, _read_date(pasted.answered), _hosts(host, address.host, headers))


def _read_address(text: str, scheme: str) -> _Address:
    """Split an address: absolute, a path, or a host with a path."""
    host, target = "", text
    if found := _ABSOLUTE(text):
        scheme, host, target = found[1].lower(), found[2].rpartition("@")[2], found[3]
    elif found := _HOST_FIRST(text):
        host, target = found[0], text[found.end() :]
    path, mark, query = target.partition("#")[0].partition("?")
    return _Address(scheme, host, path or ("/" if text else ""), query, bool(mark))


def _read_body(text: str, headers: dict[str, str]) -> tuple[bytes | None, bool]:
    """Return the body and whether there is one; it is `None` if the request has one that was not pasted."""
    if text:
        return choose_body(text, headers), True
    length = headers.get("content-length", "").strip()
    is_sent = length not in {"", "0"} or "transfer-encoding" in headers or (not length and has_digest(headers))
    return (None, True) if is_sent else (b"", False)


def _lacks_body(method: str, body: bytes | None, has_body: bool, headers: dict[str, str]) -> bool:
    if body is not None or not has_body:
        return False
    if "content-digest" in headers:
        return False
    return is_form_post(method.upper(), headers.get("content-type", "")) or not has_digest(headers)


def _find_problems(method: str, address: _Address, host: str, pasted: Pasted, *, is_body_missing: bool) -> list[Problem]:
    problems = []
    if not _METHOD(method):
        problems.append(Problem("method", f"“{shorten(method)}” is not a method. Write GET, POST or another one."))
    if not address.path:
        problems.append(Problem("address", "Enter the address, or paste the headers with their request line (GET /… HTTP/1.1)."))
    elif not host:
        problems.append(Problem("address", "The host is missing: enter the whole address (https://…), or paste the Host header."))
    if not pasted.headers:
        problems.append(
            Problem("headers", "Paste the headers that were sent, one per line: “X-SN-Date: Tue, 24 Nov 2026 09:30:00 GMT”.")
        )
    if is_body_missing:
        problems.append(Problem("body", "The request has a body that its signature depends on: paste it."))
    return problems


def _notes(fields: Fields, pasted: Pasted, request: SignedRequest) -> list[str]:
    body = to_bytes(fields.body or pasted.body)
    address, method = fields.address.strip(), fields.method.strip()
    checks = (
        (
            bool(method and pasted.method) and method.upper() != pasted.method.upper(),
            f"The request line in the headers says {shorten(pasted.method)}; the method entered above is used.",
        ),
        (
            bool(address and pasted.target) and not address.partition("#")[0].endswith(pasted.target),
            "The request line in the headers has another address; the address entered above is used.",
        ),
        (pasted.unread > 0, f"{pasted.unread} of the lines could not be read as headers."),
        (request.body is None, "The body was not pasted, so the digest in the headers is used instead."),
        (
            bool(request.body) and request.body != body,
            "A text box does not keep line endings. Those that fit the body's digest or length are used, otherwise LF.",
        ),
    )
    return [note for applies, note in checks if applies]


def _read_date(text: str) -> datetime | None:
    try:
        return parse_http_date(text)
    except MalformedRequest:
        return None


def _hosts(host: str, address_host: str, headers: dict[str, str]) -> tuple[str, ...]:
    forwarded = re.search(r"(?i)host=\"?([^\";,\s]+)", headers.get("forwarded", ""))
    others = (
        address_host,
        headers.get("x-forwarded-host", ""),
        headers.get("x-original-host", ""),
        forwarded[1] if forwarded else "",
    )
    return tuple(dict.fromkeys(one for one in (host, *others) if one))
