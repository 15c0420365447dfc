"""Signing a request with an HTTP message signature."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.components import compile_components, read_source, signature_base
from tokens.domain.signing.rfc9421.content import sha256_digest
from tokens.domain.signing.rfc9421.covering import LABEL, TAG, names_to_cover
from tokens.domain.signing.rfc9421.keys import KeyId, sign_base, signing_key
from tokens.domain.signing.rfc9421.verification import read_request


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and what `keyid` calls it. Made by one of the three class methods."""

    key_id: KeyId
    key: bytes = field(repr=False)

    @classmethod
    def of_day(cls, token_id: str, secret: str, on: date) -> "Signer":
        """Sign with the key of a UTC day, derived from the private password (as issued)."""
        return cls(KeyId(token_id, on), signing_key(secret, on))

    @classmethod
    def of_secret(cls, token_id: str, secret: str) -> "Signer":
        """Sign with the private password itself (as issued)."""
        return cls(KeyId(token_id, None), secret.encode())

    @classmethod
    def of_key(cls, token_id: str, key: bytes, on: date) -> "Signer":
        """Sign with a signing key (raw bytes) that was derived for a UTC day, without the private password."""
        return cls(KeyId(token_id, on), key)


def sign(
    request: SignedRequest,
    signer: Signer,
    *,
    now: datetime,
    expires: datetime | None = None,
    nonce: str | None = None,
    components: Sequence[str] | None = None,
    tag: str | None = TAG,
    label: str = LABEL,
) -> SignedRequest:
    """Return the request with the fields that sign it added at the end: `content-digest`, `signature-input`, `signature`.

    Args:
        request: with a `host` header (or `hosts`), and the scheme if it is known; not signed yet.
        signer: the token and the key.
        now: aware; when the signature is made.
        expires: aware; until when it is to be accepted.
        nonce: visible ASCII and blanks.
        components: what is covered, in this order: names (`@path`), or identifiers with parameters (`"accept";bs`). By default
            what must be.
        tag: of the signature; `None` for none.
        label: of the signature.

    Returns:
        the signed request; `content-digest` is added to content that has none, with SHA-256.

    Raises:
        MalformedRequest: the request, the token identifier or a parameter cannot be signed as it is.
        ValueError: the request is signed already.
    """
    if request.header_values("signature-input") or request.header_values("signature"):
        raise ValueError("The request is already signed.")
    if request.body and not request.header_values("content-digest"):
        request = replace(request, headers=(*request.headers, ("content-digest", sha256_digest(request.body))))
    names = names_to_cover(request) if components is None else components
    items = " ".join([name if name.startswith('"') else _quote(name) for name in names])
    inner_list = f"({items}){_spell_parameters(signer.key_id, now, expires, nonce, tag)}"
    base = signature_base(read_source(request), compile_components(items), inner_list)
    added = (("signature-input", f"{label}={inner_list}"), ("signature", f"{label}={sign_base(signer.key, base)}"))
    signed = replace(request, headers=(*request.headers, *added))
    # Read back, because the label, the token identifier or a component may be one that cannot be sent.
    read_request(signed)
    return signed


def signature_headers(request: SignedRequest, signer: Signer, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return the `(lower-case name, value)` that `sign` adds to a request, with everything covered that must be."""
    return sign(request, signer, now=now).headers[len(request.headers) :]


def _spell_parameters(key_id: KeyId, now: datetime, expires: datetime | None, nonce: str | None, tag: str | None) -> str:
    parameters = [f"created={int(now.timestamp())}"]
    if expires is not None:
        parameters.append(f"expires={int(expires.timestamp())}")
    if nonce is not None:
        parameters.append(f"nonce={_quote(nonce)}")
    parameters.append(f"keyid={_quote(str(key_id))}")
    if tag is not None:
        parameters.append(f"tag={_quote(tag)}")
    return "".join([f";{parameter}" for parameter in parameters])


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
