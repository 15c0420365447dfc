"""Other bodies that clients hash by mistake."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tokens.domain.diagnosis.drafts import Mistake
from tokens.domain.diagnosis.pasting.bodies import fits_digest, has_digest


class BodyVariant(NamedTuple):
    """Another body that the client may have signed or hashed, and what it means that it did."""

    mistake: Mistake
    body: bytes


def body_variants(body: bytes) -> list[BodyVariant]:
    """Return other bodies that clients hash by mistake, the likeliest first."""
    return [variant for variant in _all_variants(body) if variant.body != body] if body else []


def _all_variants(body: bytes) -> Iterator[BodyVariant]:
    yield BodyVariant(Mistake("Body", "The client treated the body as empty. The bytes that are sent must be hashed."), b"")
    yield BodyVariant(
        Mistake("Trailing newline", "The client hashed the body without the newline at its end."), body.rstrip(b"\r\n")
    )
    more = "The client hashed one newline more than the body has (echo adds one; printf '%s' does not)."
    yield BodyVariant(Mistake("Trailing newline", more), body + b"\n")
    unix = body.replace(b"\r\n", b"\n")
    yield BodyVariant(Mistake("Line endings", "The client hashed the body with CRLF line endings."), unix.replace(b"\n", b"\r\n"))
    yield BodyVariant(Mistake("Line endings", "The client hashed the body with LF line endings, but sent CRLF."), unix)
    yield BodyVariant(Mistake("Whitespace", "The client hashed the body without the whitespace around it."), body.strip())
    yield from _rewritten(body)


def _rewritten(body: bytes) -> Iterator[BodyVariant]:
    """Yield JSON as other writers would write it."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    advice = "The client hashed the same JSON, but written differently: write it once, then hash and send those bytes."
    for separators in ((",", ":"), (", ", ": ")):
        for is_sorted in (False, True):
            for is_ascii in (False, True):
                try:
                    text = json.dumps(document, separators=separators, sort_keys=is_sorted, ensure_ascii=is_ascii)
                    yield BodyVariant(Mistake("JSON", advice), text.encode("utf-8", "surrogatepass"))
                except (TypeError, ValueError, RecursionError):
                    return


def find_digest_mistake(headers: Mapping[str, str], body: bytes | None) -> Mistake | None:
    """Tell what a digest belongs to that is not the body's, `None` if it is or there is none to check."""
    if body is None or not has_digest(headers) or fits_digest(headers, body):
        return None
    for mistake, other in body_variants(body):
        if fits_digest(headers, other):
            return Mistake("Digest", f"The digest is not that of the body. {mistake.advice}")
    advice = (
        "The digest is not that of the body, nor of the body with other line endings: the body was changed, or not pasted whole."
    )
    return Mistake("Digest", advice)
