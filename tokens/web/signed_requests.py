"""Reading a signed request as the client sent it, out of what WSGI made of it.

What WSGI does to a request before it gets here, and what follows from it:

- Headers arrive as bytes read as Latin-1. They are read again as UTF-8, which is what SNWS2 hashes.
- A header that was sent twice arrives once, its values joined by a comma. For `Authorization`, dates and hosts that reads as
  malformed, which is right; for another signed header the signature then covers the joined value.
- The path arrives decoded. Gunicorn keeps the request line in `RAW_URI` (others: `REQUEST_URI`), and that is what was signed.
  Servers that keep nothing (Django's own, for development and tests) get the path encoded anew: right for every path whose
  escapes are needed ones, and a failed signature, never a pass, for any other.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from tokens import conf
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.hosts import any_scheme_spellings, host_spellings
from tokens.domain.signing.requests import SignedRequest
from tokens.web.actors import address_of, client_of
from tokens.web.proxies import FROM_TRUSTED_PROXY

# What RFC 3986 lets a path hold unescaped.
_PATH_CHARACTERS = "/~!$&'()*+,;=:@-._"
# Django's development server says so where a client sends no Content-Type.
_INVENTED_TYPE = "text/plain"


class BodyTooLarge(Exception):
    """The body is larger than `conf.MAX_BODY_BYTES`; the rest of it was not read."""


class LengthRequired(Exception):
    """The body comes in chunks, and this server cannot tell where they end."""


def read_signed_request(request: HttpRequest) -> SignedRequest:
    """Read a request to the portal itself as the client sent it.

    Raises:
        MalformedRequest: the path that was sent is not the one that is being routed, or the body broke off.
        BodyTooLarge: it is not read to the end.
        LengthRequired: its end cannot be found.
    """
    meta = request.META
    return SignedRequest(
        method=request.method or "",
        path=_read_raw_path(meta),
        query=as_sent(meta.get("QUERY_STRING", "")),
        headers=read_headers(meta),
        body=_read_body(request),
        hosts=_read_hosts(request),
        address=address_of(request),
        client=client_of(request),
    )


def read_headers(meta: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return a request's headers, with lower-case names, as the client sent them."""
    headers = [
        (_header_name(key), value if value.isascii() else as_sent(value)) for key, value in meta.items() if key[:5] == "HTTP_"
    ]
    content_type = meta.get("CONTENT_TYPE")
    if content_type and not _is_invented(content_type, meta):
        headers.append(("content-type", as_sent(content_type)))
    return tuple(headers)


def as_sent(value: str) -> str:
    """Return a WSGI text (bytes read as Latin-1) as the UTF-8 that it was; bytes that are none become lone surrogates."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value


@lru_cache(maxsize=1024)
def spell_host(host: str, scheme: str) -> tuple[str, ...]:
    """Return the spellings of a host that count; an unknown scheme ("") lets either default port be left out."""
    if not host:
        return ()
    return host_spellings(host, scheme) if scheme else any_scheme_spellings(host)


@lru_cache(maxsize=1024)
def _header_name(key: str) -> str:
    return key[5:].replace("_", "-").lower()


def _is_invented(content_type: str, meta: Mapping[str, Any]) -> bool:
    """Tell a Content-Type that the development server made up, from one that was sent (and then signed)."""
    return (
        content_type == _INVENTED_TYPE
        and str(meta.get("SERVER_SOFTWARE", "")).startswith("WSGIServer/")
        and "content-type" not in meta.get("HTTP_AUTHORIZATION", "")
    )


def _read_raw_path(meta: Mapping[str, Any]) -> str:
    # Django has read these two as UTF-8.
    routed = f"{meta.get('SCRIPT_NAME', '')}{meta.get('PATH_INFO', '')}".encode()
    uri = meta.get("RAW_URI") or meta.get("REQUEST_URI")
    if uri is None:
        return quote(routed, safe=_PATH_CHARACTERS)
    if not uri.startswith("/"):
        # The absolute form, `GET http://host/path`, is for proxies, but a server must take it.
        uri = "/" + uri.partition("://")[2].partition("/")[2]
    path = str(uri.partition("?")[0])
    # API Paths are asked about the path that was signed; it must be the one that is routed.
    if unquote_to_bytes(path.encode("latin-1", "replace")) != routed:
        raise MalformedRequest("The path on the request line is not the path that the server routes.")
    return as_sent(path)


def _read_hosts(request: HttpRequest) -> tuple[str, ...]:
    meta = request.META
    if not meta.get(FROM_TRUSTED_PROXY):
        return spell_host(as_sent(meta.get("HTTP_HOST", "")), request.scheme or "")
    # What the proxy does not tell, it may have changed: without the scheme either default port may be left out.
    scheme = meta.get("HTTP_X_FORWARDED_PROTO", "")
    host = meta.get("HTTP_X_FORWARDED_HOST") or meta.get("HTTP_HOST", "")
    return spell_host(as_sent(host), scheme if scheme in {"http", "https"} else "")


def _read_body(request: HttpRequest) -> bytes:
    meta = request.META
    if meta.get("HTTP_TRANSFER_ENCODING") and not meta.get("CONTENT_LENGTH"):
        return _read_chunks(meta)
    length = str(meta.get("CONTENT_LENGTH") or "0")
    if not (length.isascii() and length.isdecimal()):
        raise MalformedRequest("Content-Length is not a number.")
    if int(length[:20]) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge
    try:
        return request.body
    except RequestDataTooBig:
        raise BodyTooLarge from None
    except UnreadablePostError:
        raise MalformedRequest("The body broke off.") from None


def _read_chunks(meta: Mapping[str, Any]) -> bytes:
    # Django reads a body without a length as empty; a server that ends the stream itself lets us do better.
    if not meta.get("wsgi.input_terminated"):
        raise LengthRequired
    try:
        body: bytes = meta["wsgi.input"].read(conf.MAX_BODY_BYTES + 1)
    except OSError:
        raise MalformedRequest("The body broke off.") from None
    if len(body) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge
    return body
