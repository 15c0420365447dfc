"""Requests given by arguments like curl's: parsed to be signed, and written as a curl command."""

import json
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tokens.domain.signing.requests import SignedRequest

# Everything else is percent-encoded, because curl and servers differ in how they do it.
_URL_CHARACTERS = string.punctuation
# What makes a signed request of a request.
_ADDED = frozenset({"authorization", "signature", "signature-input"})


class InvalidArgument(Exception):
    """An argument is invalid; the message says which, and never contains a secret."""


@dataclass(frozen=True, slots=True)
class CurlRequest:
    """A request that curl can send.

    Attributes:
        url: the URL that curl gets.
        request: the request that is signed.
        data: the body as curl gets it: text, or `@FILE`; `None` if there is no body.
    """

    url: str
    request: SignedRequest
    data: str | None = field(default=None, repr=False)


def parse_curl_request(method: str, url: str, headers: Sequence[str], data: str | None) -> CurlRequest:
    """Build a request from arguments like curl's.

    Args:
        method: in any letter case.
        url: absolute, `http` or `https`.
        headers: `Name: value` each.
        data: the body as text, or `@FILE`; `None` for none. Without a `Content-Type` header it is sent as JSON if it is valid
            JSON, else as a form.

    Raises:
        InvalidArgument: if one of them is invalid.
    """
    scheme, host, target = _split_url(url)
    named = [_parse_header(header) for header in headers]
    names = {name for name, _ in named}
    if len(names) < len(named):
        raise InvalidArgument("A header is given twice. Give each once.")
    body = _read_body(data)
    if body and "content-type" not in names:
        named.append(("content-type", _guess_content_type(body)))
    if "host" not in names:
        named.insert(0, ("host", host))
    path, mark, query = target.partition("?")
    request = SignedRequest(
        method=method.upper(),
        path=path,
        query=query,
        headers=tuple(named),
        body=body,
        scheme=scheme,
        has_empty_query=bool(mark) and not query,
    )
    return CurlRequest(f"{scheme}://{host}{target}", request, data)


def curl_command(curl_request: CurlRequest, signature_headers: Sequence[tuple[str, str]]) -> list[str]:
    """Return the arguments of a curl command that sends the request with the signature's headers."""
    request = curl_request.request
    url_host = curl_request.url.partition("://")[2].partition("/")[0]
    # The path must be sent as it was signed: curl must not resolve dot segments or expand brackets.
    command = ["curl", "--path-as-is", "--globoff"]
    command += ["--head"] if request.method == "HEAD" else ["--request", request.method]
    for name, value in (*request.headers, *signature_headers):
        if (name, value) != ("host", url_host):
            command += ["--header", f"{name}: {value}" if value else f"{name};"]
    if curl_request.data:
        command += ["--data-binary" if _is_file(curl_request.data) else "--data-raw", curl_request.data]
    return [*command, curl_request.url]


def _split_url(url: str) -> tuple[str, str, str]:
    """Return scheme, host and target; in the target, everything that a request line cannot contain is percent-encoded."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.lower()
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and host.isascii() and "@" not in host
        _ = parts.port
    except ValueError:
        is_valid = False
    if not is_valid:
        raise InvalidArgument("Give an absolute URL, such as https://data.example.org/solarquery/api/v1/sec/nodes?x=1.")
    # Taken from the text, because `urlsplit` drops an empty query.
    rest = url.partition("://")[2].partition("#")[0]
    target = rest[len(parts.netloc) :]
    return parts.scheme, host, quote(target if target.startswith("/") else f"/{target}", safe=_URL_CHARACTERS)


def _parse_header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip().isascii() or not name.strip():
        raise InvalidArgument("Give a header as 'Name: value'.")
    lower = name.strip().lower()
    if lower in _ADDED:
        raise InvalidArgument(f"This command adds the header {name.strip()} where it is needed. Leave it out.")
    return lower, value.strip(" \t")


def _is_file(data: str) -> bool:
    return data.startswith("@")


def _read_body(data: str | None) -> bytes:
    if data is None:
        return b""
    if not _is_file(data):
        return data.encode()
    path = data[1:]
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidArgument(f"{path} cannot be read: {error.strerror}.") from error


def _guess_content_type(body: bytes) -> str:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        # curl's own default.
        return "application/x-www-form-urlencoded"
    return "application/json"
