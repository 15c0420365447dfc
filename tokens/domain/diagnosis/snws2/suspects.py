"""What SNWS2's clients sign by mistake, as changes of the canonical request and of the string to sign."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256

from tokens.domain.diagnosis.drafts import Draft, Line, Mistake, Suspect, draft_suspect, line_suspect, missing_suspect
from tokens.domain.diagnosis.snws2.reading import Reading, query_line, spell_stamp
from tokens.domain.diagnosis.snws2.strings import string_suspects
from tokens.domain.diagnosis.suspecting.bodies import body_variants
from tokens.domain.diagnosis.suspecting.encodings import path_spellings, query_spellings
from tokens.domain.diagnosis.suspecting.texts import content_types, host_suspects, method_suspects, newline_suspects
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.canonical import is_form_post
from tokens.domain.signing.snws2.digests import EMPTY_SHA256

_HASH = "Body hash"
_MAX_MORE_HEADERS = 30


def find_suspects(request: SignedRequest, reading: Reading, hosts: Sequence[str]) -> tuple[Suspect, ...]:
    """Return what the client may have done, the likeliest first.

    Args:
        request: as pasted.
        reading: of the request.
        hosts: other hosts that the client may have signed.
    """
    return (
        *_query_suspects(request, reading),
        *host_suspects(reading.draft, "host", hosts, prefix="host:"),
        *method_suspects(request.method),
        *(line_suspect("path", text, *mistakes) for text, mistakes in path_spellings(request.path)),
        *_path_suspects(request, reading),
        *_header_suspects(reading),
        *_name_suspects(reading),
        *_body_suspects(request, reading),
        *newline_suspects(),
        *string_suspects(reading),
    )


def _query_suspects(request: SignedRequest, reading: Reading) -> Iterator[Suspect]:
    canonical = reading.draft.find("query") or ""
    form = ""
    if is_form_post(request.method, reading.headers.get("content-type", "")):
        form = (request.body or b"").decode("utf-8", "replace")
        advice = "The form's parameters are not signed. Sign them with the query's; the body hash is then that of an empty body."
        text = query_line(request)
        yield Suspect(
            "query",
            (Mistake("Form", advice),),
            lambda draft: draft.with_line("query", text).with_line("body hash", sha256(form.encode()).hexdigest()),
        )
        yield line_suspect("query", text, Mistake("Form", advice))
    joined = "&".join(part for part in (request.query, form) if part)
    for spelling, mistakes in query_spellings(joined, canonical):
        yield line_suspect("query", spelling, *mistakes)
    if not canonical:
        yield missing_suspect(
            "query", Mistake("Query", "The line of the query is missing. Without a query, it is an empty line.")
        )


def _path_suspects(request: SignedRequest, reading: Reading) -> Iterator[Suspect]:
    host = reading.headers.get("host", "")
    advice = "The path must stand alone: without scheme and host, and without the query, which has its own line."
    query = f"?{request.query}" if request.query else ""
    for text in (f"{request.path}{query}", *(f"{scheme}://{host}{request.path}{query}" for scheme in ("https", "http"))):
        if text != request.path:
            yield line_suspect("path", text, Mistake("Path", advice))
    if query:
        joined = f"{request.path}{query}"
        yield draft_suspect(
            Mistake("Path", advice), lambda draft: draft.with_line("path", joined).with_line("query", ""), role="path"
        )


def _header_suspects(reading: Reading) -> Iterator[Suspect]:
    names = [line.role for line in reading.draft.lines[3:-2]]
    blank = Mistake("Header lines", "There is a space after the colon. A header's line is “name:value”.")
    yield draft_suspect(blank, lambda draft: _with_header_lines(draft, lambda name, value: f"{name}: {value}"))
    titled = Mistake("Header lines", "The headers' names are not in lower case.")
    yield draft_suspect(titled, lambda draft: _with_header_lines(draft, lambda name, value: f"{name.title()}:{value}"))
    values = Mistake("Header lines", "The headers' values are signed in lower case. Sign them as sent.")
    yield draft_suspect(values, lambda draft: _with_header_lines(draft, lambda name, value: f"{name}:{value.lower()}"))
    advice = "There is a blank line between the headers and their names, as in AWS's scheme. SNWS2 has none."
    yield draft_suspect(Mistake("Blank line", advice), _with_blank_line)
    for name in names:
        mistake = Mistake("Missing header", f"{name} is named in SignedHeaders, but its line is missing from what is signed.")
        yield missing_suspect(name, mistake)
    yield from _content_type_suspects(reading)
    yield from _date_line_suspects(reading)
    for name in [name for name in reading.headers if name not in names and name != "authorization"][:_MAX_MORE_HEADERS]:
        mistake = Mistake("Additional header", f"{name} has a line in what is signed, but SignedHeaders does not name it.")
        yield draft_suspect(mistake, partial(_with_header, name=name, value=reading.headers[name]))


def _content_type_suspects(reading: Reading) -> Iterator[Suspect]:
    sent = reading.headers.get("content-type")
    if sent is None or reading.draft.find("content-type") is None:
        return
    advice = "The Content-Type that was sent is not the one that was signed: the HTTP library changes it. Set it yourself, whole."
    for value in content_types(sent):
        yield line_suspect("content-type", f"content-type:{value}", Mistake("Content-Type", advice))


def _date_line_suspects(reading: Reading) -> Iterator[Suspect]:
    if reading.date is None:
        return
    name = "x-sn-date" if "x-sn-date" in reading.headers else "date"
    advice = "The date is signed in another form than the header has. Sign the header's value as sent."
    for value in (spell_stamp(reading.date), reading.date.isoformat().replace("+00:00", "Z")):
        yield line_suspect(name, f"{name}:{value}", Mistake("Date", advice))


def _with_header_lines(draft: Draft, write: Callable[[str, str], str]) -> Draft:
    lines = draft.lines
    written = [Line(line.role, write(*line.text.partition(":")[::2])) for line in lines[3:-2]]
    return replace(draft, lines=(*lines[:3], *written, *lines[-2:]))


def _with_blank_line(draft: Draft) -> Draft:
    return replace(draft, lines=(*draft.lines[:-2], Line("blank", ""), *draft.lines[-2:]))


def _with_header(draft: Draft, name: str, value: str) -> Draft:
    """Add the line of a header, in its place among the sorted ones."""
    lines = draft.lines
    headers = sorted((*lines[3:-2], Line(name, f"{name}:{value}")), key=lambda line: line.role)
    return replace(draft, lines=(*lines[:3], *headers, *lines[-2:]))


def _name_suspects(reading: Reading) -> Iterator[Suspect]:
    written = reading.names
    lines = reading.draft.lines
    joined = ";".join(written)
    unsorted = Mistake("Order", "The signed headers are not sorted. Sort their lines and their names, by code point.")
    by_name = {line.role: line for line in lines[3:-2]}
    if joined != reading.draft.find("signed headers"):
        ordered = tuple(by_name[name.lower()] for name in dict.fromkeys(written))
        yield draft_suspect(
            unsorted,
            lambda draft: replace(draft, lines=(*lines[:3], *ordered, Line("signed headers", joined), lines[-1])),
        )
        yield line_suspect("signed headers", joined, unsorted)
    separator = Mistake("Signed headers", "The names of the signed headers must be joined by “;”, in lower case.")
    for text in (",".join(sorted(written)), " ".join(sorted(written)), ";".join(sorted(written)).title(), ""):
        yield line_suspect("signed headers", text, separator)


def _body_suspects(request: SignedRequest, reading: Reading) -> Iterator[Suspect]:
    body = request.body or b""
    ours = reading.draft.find("body hash") or ""
    if ours == EMPTY_SHA256 and body:
        advice = (
            "The body hash is that of the form. Sign its parameters with the query's; the hash is then that of an empty body."
        )
        yield line_suspect("body hash", sha256(body).hexdigest(), Mistake("Form", advice))
    for mistake, other in body_variants(body):
        if sha256(other).hexdigest() != ours:
            yield line_suspect("body hash", sha256(other).hexdigest(), mistake)
    if request.body is None:
        yield line_suspect(
            "body hash",
            EMPTY_SHA256,
            Mistake("Body", "The client treated the body as empty. The bytes that are sent must be hashed."),
        )
    base64 = Mistake(_HASH, "The body hash must be lower-case hex, not base64.")
    yield line_suspect("body hash", b64encode(bytes.fromhex(ours)).decode(), base64)
    yield line_suspect("body hash", ours.upper(), Mistake(_HASH, "The body hash must have lower-case hex digits."))
    for text in ("UNSIGNED-PAYLOAD", "", body.decode("utf-8", "replace")):
        yield line_suspect("body hash", text, Mistake(_HASH, "The last line must be the SHA-256 of the body in lower-case hex."))
    missing = Mistake(_HASH, "The last line, the SHA-256 of the body, is missing. Without a body, it is that of an empty body.")
    yield missing_suspect("body hash", missing)
