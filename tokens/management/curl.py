"""A call as one types it for curl: read into a request that can be signed, and written as a curl command."""

import json
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tokens.domain.signing.requests import SignedRequest

# What may stand in a URL as it is; everything else is percent-encoded, as curl or the server would otherwise do in its own way.
_URL_CHARACTERS = string.punctuation


class UnreadableCall(Exception):
    """A part of the call cannot be read; the text says which, and never holds a secret."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call: where to, what is to be signed, and the file that holds the body, "" where it was typed."""

    url: str
    request: SignedRequest
    file: str = ""
    typed: str | None = field(default=None, repr=False)


def read_call(method: str, url: str, headers: Sequence[str], data: str | None) -> Call:
    """Read a call.

    Args:
        method: in any case of letters.
        url: absolute, `http` or `https`.
        headers: `Name: value` each.
        data: the body as text, or `@FILE`; `None` for none. Where no header tells its type, it is JSON if it reads as JSON,
            else a form.

    Raises:
        UnreadableCall: says which part is wrong.
    """
    scheme, host, target = _split(url)
    named = tuple(_read_header(header) for header in headers)
    names = {name for name, _ in named}
    if len(names) < len(named):
        raise UnreadableCall("A header is given twice. Give each once.")
    is_file = data is not None and data.startswith("@")
    body = b"" if data is None else _read_file(data[1:]) if is_file else data.encode()
    if body and "content-type" not in names:
        named = (*named, ("content-type", _guess_type(body)))
    if "host" not in names:
        named = (("host", host), *named)
    path, _, query = target.partition("?")
    request = SignedRequest(method=method.upper(), path=path, query=query, headers=named, body=body)
    return Call(f"{scheme}://{host}{target}", request, file=data[1:] if is_file and data else "", typed=None if is_file else data)


def curl_line(call: Call, added: Sequence[tuple[str, str]]) -> list[str]:
    """Return the arguments of a curl command that sends the call with the signature's headers."""
    host_by_url = call.url.partition("://")[2].partition("/")[0]
    sent = [(name, value) for name, value in (*call.request.headers, *added) if (name, value) != ("host", host_by_url)]
    # The path goes out as it was signed: dots are not resolved and brackets mean nothing.
    line = ["curl", "--path-as-is", "--globoff"]
    line += ["--head"] if call.request.method == "HEAD" else ["--request", call.request.method]
    for name, value in sent:
        line += ["--header", f"{name}: {value}" if value else f"{name};"]
    if call.file:
        line += ["--data-binary", f"@{call.file}"]
    elif call.typed:
        line += ["--data-raw", call.typed]
    return [*line, call.url]


def _split(url: str) -> tuple[str, str, str]:
    """Return scheme, host and target, the target with everything encoded that a request line cannot hold."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.lower()
        is_readable = parts.scheme in {"http", "https"} and bool(parts.hostname) and host.isascii() and "@" not in host
        _ = parts.port
    except ValueError:
        is_readable = False
    if not is_readable:
        raise UnreadableCall("The URL is absolute, such as https://data.example.org/solarquery/api/v1/sec/nodes?x=1.")
    # Taken from the text, since splitting drops an empty query.
    rest = url.partition("://")[2].partition("#")[0]
    target = rest[len(parts.netloc) :]
    return parts.scheme, host, quote(target if target.startswith("/") else f"/{target}", safe=_URL_CHARACTERS)


def _read_header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip().isascii() or not name.strip():
        raise UnreadableCall("A header is written 'Name: value'.")
    if name.strip().lower() == "authorization":
        raise UnreadableCall("The Authorization header is what this command makes. Leave it out.")
    return name.strip().lower(), value.strip(" \t")


def _read_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnreadableCall(f"{path} cannot be read: {error.strerror}.") from error


def _guess_type(body: bytes) -> str:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        # What curl itself sends with a body.
        return "application/x-www-form-urlencoded"
    return "application/json"
