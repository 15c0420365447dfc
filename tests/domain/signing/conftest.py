"""A second, plain implementation of SNWS2, so that signer and checker are compared with something other than each other."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.verification import read_request

TOKEN_ID = "Zx81aB3dE5fG7hJ9kL0m"
SECRET = "snts_4Yb8Qe2Wm6Rt0Zp1Xc3Vn5Bk7Lj9Hg2F1a2b3c"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HTTP_NOW = "Tue, 24 Nov 2026 09:30:00 GMT"


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """The requests that the published JavaScript client signed."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
    return document


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def token_id() -> str:
    return TOKEN_ID


@pytest.fixture(scope="session")
def secret() -> str:
    return SECRET


@pytest.fixture(scope="session")
def build() -> Callable[..., SignedRequest]:
    """Build an unsigned request: GET, with host and date, unless given otherwise."""

    def build_request(*, headers: Iterable[tuple[str, str]] = (), **fields: Any) -> SignedRequest:
        values = {"method": "GET", "path": "/solarquery/api/v1/sec/datum/list", **fields}
        return SignedRequest(headers=(("host", "data.example.org"), ("x-sn-date", HTTP_NOW), *headers), **values)

    return build_request


@pytest.fixture(scope="session")
def authorize() -> Callable[..., SignedRequest]:
    """Sign a request by the plain implementation; `names` are the signed headers, by default all that were sent."""
    return authorize_request


@pytest.fixture(scope="session")
def accepts() -> Callable[[SignedRequest], bool]:
    """Return whether the checker accepts a request for one that the owner signed."""

    def is_accepted(request: SignedRequest) -> bool:
        try:
            return read_request(request).matches(SECRET) is not None
        except MalformedRequest:
            return False

    return is_accepted


def authorize_request(
    request: SignedRequest,
    *,
    names: Iterable[str] | None = None,
    key_day: date | None = None,
    host: str | None = None,
    body_sha256: str | None = None,
    stamp: str = "20261124T093000Z",
    token_id: str = TOKEN_ID,
) -> SignedRequest:
    headers = dict(request.headers)
    signed = sorted(headers if names is None else names)
    is_form = request.method == "POST" and headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    parameters = parse_qsl(request.query, keep_blank_values=True)
    if is_form:
        parameters += parse_qsl((request.body or b"").decode(), keep_blank_values=True)
    canonical = "\n".join(
        [
            request.method,
            request.path,
            "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in sorted(parameters, key=lambda pair: pair[0])),
            *(f"{name}:{host if name == 'host' and host else headers.get(name, '').strip()}" for name in signed),
            ";".join(signed),
            body_sha256 or hashlib.sha256(b"" if is_form else request.body or b"").hexdigest(),
        ]
    )
    string = f"SNWS2-HMAC-SHA256\n{stamp}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    day = key_day.strftime("%Y%m%d") if key_day else stamp[:8]
    key = _hmac(_hmac(f"SNWS2{SECRET}".encode(), day), "snws2_request")
    value = f"SNWS2 Credential={token_id},SignedHeaders={';'.join(signed)},Signature={_hmac(key, string).hex()}"
    return replace(request, headers=(*request.headers, ("authorization", value)))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@pytest.fixture(scope="session")
def add_header() -> Callable[[SignedRequest, str, str], SignedRequest]:
    """Return a request with one more header at the end."""

    def with_header(request: SignedRequest, name: str, value: str) -> SignedRequest:
        return replace(request, headers=(*request.headers, (name, value)))

    return with_header
