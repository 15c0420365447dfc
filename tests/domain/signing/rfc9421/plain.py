"""A second, plain implementation of the profile, so that signer and checker are compared with something other than each other."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import find_scheme

TOKEN_ID = "Xy7Kq2LmN9pR4sTv8WzA"
SECRET = "snts_k3Jd8Qm2Xw7Zp5Rt9Vb4Nc6Hf1Lg0SyA1b2C3"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CREATED = int(NOW.timestamp())
HOST = "data.example.org"
JSON = ("content-type", "application/json")
GET_NAMES = ("@method", "@authority", "@path", "@query")


def build(method: str = "GET", path: str = "/solarquery/api/v1/sec/datum/list", **fields: Any) -> SignedRequest:
    """Build an unsigned request: GET over https with a query, unless given otherwise."""
    values: dict[str, Any] = {"query": "nodeId=5&sourceId=%2FG1%2F*", "scheme": "https", **fields}
    return SignedRequest(method, path, headers=(("host", HOST), *values.pop("headers", ())), **values)


def build_post(body: bytes = b'{"a":1}', **fields: Any) -> SignedRequest:
    """Build an unsigned request with content, its type and its digest."""
    extra = fields.pop("headers", ())
    return build("POST", query="", body=body, headers=(JSON, ("content-digest", digest(body)), *extra), **fields)


POST_NAMES = ("@method", "@authority", "@path", "content-digest", "content-type")


def digest(body: bytes, algorithm: str = "sha256") -> str:
    return f"sha-{algorithm[3:]}=:{b64encode(hashlib.new(algorithm, body).digest()).decode()}:"


def day_key(day: str, *, prefix: str = "SNWS3", terminator: str = "snws3_request") -> bytes:
    return mac(mac(f"{prefix}{SECRET}".encode(), day), terminator)


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def parameters(keyid: str = f"{TOKEN_ID}:20261124", created: object = CREATED, *, tag: str | None = "solarnetwork") -> str:
    return f';created={created};keyid="{keyid}"' + (f';tag="{tag}"' if tag else "")


def authorize(
    request: SignedRequest,
    names: Iterable[str] = GET_NAMES,
    *,
    key: bytes | None = None,
    parameters: str = parameters(),
    label: str = "sn",
    inner_list: str | None = None,
    **values: str,
) -> SignedRequest:
    """Sign a request by the plain implementation.

    `values` replace those of components, by name with `_` for `-` and without `@`; a name may bring its parameters.
    """
    identifiers = [name if name.startswith('"') else f'"{name}"' for name in names]
    inner_list = f"({' '.join(identifiers)}){parameters}" if inner_list is None else inner_list
    lines = [f"{identifier}: {value_of(request, identifier, values)}" for identifier in identifiers]
    base = "\n".join([*lines, f'"@signature-params": {inner_list}'])
    signature = b64encode(mac(day_key("20261124") if key is None else key, base)).decode()
    added = (("signature-input", f"{label}={inner_list}"), ("signature", f"{label}=:{signature}:"))
    return replace(request, headers=(*request.headers, *added))


def value_of(request: SignedRequest, identifier: str, values: dict[str, str]) -> str:
    name = identifier.split('"')[1]
    plain = name.lstrip("@").replace("-", "_")
    query = f"?{request.query}" if request.has_query else ""
    derived = {
        "@method": request.method,
        "@authority": HOST,
        "@path": request.path or "/",
        "@query": f"?{request.query}",
        "@scheme": "https",
        "@request-target": f"{request.path or '/'}{query}",
        "@target-uri": f"https://{HOST}{request.path or '/'}{query}",
    }
    if plain in values:
        return values[plain]
    return derived[name] if name in derived else ", ".join(value.strip() for value in request.header_values(name))


def change(request: SignedRequest, name: str, edit: Callable[[str], str]) -> SignedRequest:
    """Return a request with one field's value edited."""
    return replace(request, headers=tuple((key, edit(value) if key == name else value) for key, value in request.headers))


def is_accepted(request: SignedRequest, secret: str = SECRET) -> bool:
    """Return whether the checker accepts a request for one that the owner signed."""
    scheme = find_scheme(request)
    try:
        return scheme is not None and scheme.read(request).matches(secret) is not None
    except MalformedRequest:
        return False


def refusal_of(request: SignedRequest) -> str:
    """Return why a request cannot be read."""
    scheme = find_scheme(request)
    assert scheme is not None
    with pytest.raises(MalformedRequest) as refused:
        scheme.read(request)
    return str(refused.value)


def spell(day: date) -> str:
    return day.strftime("%Y%m%d")
