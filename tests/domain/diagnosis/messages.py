"""Requests with HTTP message signatures that are signed wrongly: of another base, or with another key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from tests.domain.diagnosis.clients import HOST, NOW, PATH, SECRET, TODAY, TOKEN_ID
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.keys import sign_base, signing_key
from tokens.domain.signing.rfc9421.signer import Signer, sign
from tokens.domain.signing.rfc9421.verification import read_request

QUERY = "sourceId=%2FRoof%20East%2F*&nodeId=101"


def message(
    *,
    key_day: date | None = TODAY,
    components: list[str] | None = None,
    expires=None,
    headers: tuple[tuple[str, str], ...] = (),
    **fields,
) -> SignedRequest:
    """Return a request as the project's own signer signs it; `key_day=None`: with the private password itself."""
    values = {"method": "GET", "path": PATH, "query": QUERY, "scheme": "https", **fields}
    request = SignedRequest(headers=(("host", HOST), *headers), hosts=(HOST, f"{HOST}:443"), **values)
    signer = Signer.of_secret(TOKEN_ID, SECRET) if key_day is None else Signer.of_day(TOKEN_ID, SECRET, key_day)
    return sign(request, signer, now=NOW, expires=expires, components=components)


def with_header(request: SignedRequest, name: str, write: Callable[[str], str]) -> SignedRequest:
    """Return a request with the value of one header written anew."""
    return replace(request, headers=tuple((key, write(value) if key == name else value) for key, value in request.headers))


def missign(request: SignedRequest, change: Callable[[str], str] = str, *, key: bytes | None = None) -> SignedRequest:
    """Sign another base than that of the request, or with another key."""
    base = change(read_request(request).canonical)
    signature = sign_base(key or signing_key(SECRET, TODAY), base)
    return with_header(request, "signature", lambda _: f"sn={signature}")
