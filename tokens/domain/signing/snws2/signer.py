"""Signing a request with SNWS2."""

from dataclasses import replace
from datetime import date, datetime

from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2 import digests
from tokens.domain.signing.snws2.canonical import is_form_post
from tokens.domain.signing.snws2.header import NAME, Authorization, parse_authorization
from tokens.domain.signing.snws2.keys import sign_string, signing_key
from tokens.domain.signing.snws2.verification import names_to_sign, read_authorized


def sign(
    request: SignedRequest, *, token_id: str, now: datetime, secret: str | None = None, key: bytes | None = None
) -> SignedRequest:
    """Return the request with the headers of `signature_headers` added at the end."""
    added = signature_headers(request, token_id=token_id, now=now, secret=secret, key=key)
    return replace(request, headers=(*request.headers, *added))


def signature_headers(
    request: SignedRequest, *, token_id: str, now: datetime, secret: str | None = None, key: bytes | None = None
) -> tuple[tuple[str, str], ...]:
    """Make the headers that turn a request into a signed one, with everything signed that must be.

    Args:
        request: with a `host` header (or `hosts`), without `authorization`.
        token_id: the token identifier.
        now: aware; the date of a request that has none yet.
        secret: the private password as issued; this or `key`.
        key: a signing key, raw bytes, of the request's day or of one of the six before.

    Returns:
        `(lower-case name, value)`: `x-sn-date` unless the request has a date, `digest` for a body that has none and is not
        a form's, and at last `authorization`.

    Raises:
        MalformedRequest: the request or the token identifier cannot be signed as it is.
        ValueError: not exactly one of `secret` and `key` is given, or the request is signed already.
    """
    if request.header_values("authorization"):
        raise ValueError("The request already has an Authorization header.")
    added = _unsigned_headers(request, now)
    complete = replace(request, headers=(*request.headers, *added))
    names = tuple(sorted(names_to_sign(dict(complete.headers))))
    read = read_authorized(complete, Authorization(token_id, names, signature=""))
    signature = sign_string(_choose_key(secret, key, on=read.date.date()), read.string_to_sign)
    value = f"{NAME} Credential={token_id},SignedHeaders={';'.join(names)},Signature={signature}"
    # Read back, because a token identifier or a header name may be one that no header can carry.
    parse_authorization(value)
    return (*added, ("authorization", value))


def _choose_key(secret: str | None, key: bytes | None, *, on: date) -> bytes:
    if secret is not None and key is None:
        return signing_key(secret, on)
    if key is not None and secret is None:
        return key
    raise ValueError("Pass either the secret or a signing key.")


def _unsigned_headers(request: SignedRequest, now: datetime) -> list[tuple[str, str]]:
    headers = dict(request.headers)
    added = []
    if "x-sn-date" not in headers and "date" not in headers:
        added.append(("x-sn-date", format_http_date(now)))
    is_form = is_form_post(request.method, headers.get("content-type", ""))
    if request.body and not is_form and "digest" not in headers:
        added.append(("digest", digests.sha256_digest(request.body)))
    return added
