"""Reconstructs a request as the client sent and signed it from the WSGI environment.

WSGI changes a request in three ways:

- Headers are decoded as Latin-1. They are decoded again as UTF-8, which is what SNWS2 hashes.
- The values of a repeated header are joined by a comma. This makes `Authorization`, dates and hosts malformed, as it should;
  for any other signed header the signature covers the joined value.
- The path is percent-decoded. Gunicorn has the original in `RAW_URI` (other servers: `REQUEST_URI`). For servers that have
  neither (Django's development server) the path is encoded again. If that differs from the original, the signature is invalid.
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

# Characters that RFC 3986 allows in a path.
_PATH_CHARACTERS = "/~!$&'()*+,;=:@-._"
# What Django's development server sets if the client sends no Content-Type.
_DEV_SERVER_TYPE = "text/plain"


class BodyTooLarge(Exception):
    """The body is larger than `conf.MAX_BODY_BYTES`; it was not read to the end."""


class LengthRequired(Exception):
    """The body is chunked, which this server does not support."""


def read_signed_request(request: HttpRequest) -> SignedRequest:
    """Reconstruct a request to the portal itself.

    Raises:
        MalformedRequest: if the path differs from the one that is routed, or the body is incomplete.
        BodyTooLarge: if the body is too large.
        LengthRequired: if the body is chunked and the server does not support it.
    """
    meta = request.META
    scheme, hosts = _read_origin(request)
    return SignedRequest(
        method=request.method or "",
        path=_read_raw_path(meta),
        query=decode_wsgi(meta.get("QUERY_STRING", "")),
        headers=read_headers(meta),
        body=_read_body(request),
        hosts=hosts,
        scheme=scheme,
        has_empty_query=_has_empty_query(meta),
        address=address_of(request),
        client=client_of(request),
    )


def outline_request(request: HttpRequest) -> SignedRequest:
    """Return what can be said of a request that is refused unread: whose it is, and what a signature of it must cover."""
    meta = request.META
    return SignedRequest(
        method=request.method or "",
        path=request.path,
        query=decode_wsgi(meta.get("QUERY_STRING", "")),
        headers=read_headers(meta),
        body=None,
        has_body=bool(meta.get("HTTP_TRANSFER_ENCODING")) or meta.get("CONTENT_LENGTH") not in {None, "", "0"},
        has_empty_query=_has_empty_query(meta),
        address=address_of(request),
    )


def read_headers(meta: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers as the client sent them, with lower-case names."""
    headers = [
        (_header_name(key), value if value.isascii() else decode_wsgi(value)) for key, value in meta.items() if key[:5] == "HTTP_"
    ]
    content_type = meta.get("CONTENT_TYPE")
    if content_type and not _is_dev_server_type(content_type, meta):
        headers.append(("content-type", decode_wsgi(content_type)))
    if content_length := meta.get("CONTENT_LENGTH"):
        headers.append(("content-length", content_length))
    return tuple(headers)


def decode_wsgi(value: str) -> str:
    """Decode a WSGI string (bytes decoded as Latin-1) as UTF-8; invalid bytes become lone surrogates."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value


# Saves 2 µs: a gateway has few hosts. Whoever sends others makes it slower, no more.
@lru_cache(maxsize=256)
def accepted_hosts(host: str, scheme: str) -> tuple[str, ...]:
    """Return the spellings of a host that may be signed; if the scheme is unknown (""), either default port may be omitted."""
    if not host:
        return ()
    return host_spellings(host, scheme) if scheme else any_scheme_spellings(host)


def known_scheme(scheme: str) -> str:
    """Return the scheme that a trusted proxy names: `http` or `https`, "" if it is neither, or not named."""
    return scheme if scheme in {"http", "https"} else ""


# Saves 4 µs a request. Whoever sends names that nobody else does makes it slower, no more.
@lru_cache(maxsize=512)
def _header_name(key: str) -> str:
    return key[5:].replace("_", "-").lower()


def _is_dev_server_type(content_type: str, meta: Mapping[str, Any]) -> bool:
    """Return True if the development server has set the Content-Type; one that the client sent must be signed."""
    return (
        content_type == _DEV_SERVER_TYPE
        and str(meta.get("SERVER_SOFTWARE", "")).startswith("WSGIServer/")
        and "content-type" not in meta.get("HTTP_AUTHORIZATION", "")
        and "content-type" not in meta.get("HTTP_SIGNATURE_INPUT", "")
    )


def _raw_uri(meta: Mapping[str, Any]) -> str | None:
    """Return the request line's target as the server received it; `None` if the server does not tell."""
    return meta.get("RAW_URI") or meta.get("REQUEST_URI")


def _has_empty_query(meta: Mapping[str, Any]) -> bool:
    return str(_raw_uri(meta)).endswith("?") and not meta.get("QUERY_STRING")


def _read_raw_path(meta: Mapping[str, Any]) -> str:
    # Django has decoded these two as UTF-8.
    routed = f"{meta.get('SCRIPT_NAME', '')}{meta.get('PATH_INFO', '')}".encode()
    uri = _raw_uri(meta)
    if uri is None:
        return quote(routed, safe=_PATH_CHARACTERS)
    if not uri.startswith("/"):
        # The absolute form, `GET http://host/path`, is for proxies, but a server must accept it.
        uri = "/" + uri.partition("://")[2].partition("/")[2]
    path = str(uri.partition("?")[0])
    # API Paths are checked against the path that was signed, so it must be the one that is routed.
    if unquote_to_bytes(path.encode("latin-1", "replace")) != routed:
        raise MalformedRequest("The path on the request line differs from the path that the server routes.")
    return decode_wsgi(path)


def _read_origin(request: HttpRequest) -> tuple[str, tuple[str, ...]]:
    """Return the scheme that the client used, "" if it is not known, and the spellings of the host."""
    meta = request.META
    host = meta.get("HTTP_HOST", "")
    if not meta.get(FROM_TRUSTED_PROXY):
        scheme = request.scheme or ""
    else:
        # The proxy may have changed the scheme. If it does not send the original, either default port may be omitted.
        scheme = known_scheme(meta.get("HTTP_X_FORWARDED_PROTO", ""))
        host = meta.get("HTTP_X_FORWARDED_HOST") or host
    return scheme, accepted_hosts(decode_wsgi(host), scheme)


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
        raise MalformedRequest("The body is incomplete.") from None


def _read_chunks(meta: Mapping[str, Any]) -> bytes:
    # Django reads a body without a length as empty, but it can be read if the server ends the stream.
    if not meta.get("wsgi.input_terminated"):
        raise LengthRequired
    try:
        body: bytes = meta["wsgi.input"].read(conf.MAX_BODY_BYTES + 1)
    except OSError:
        raise MalformedRequest("The body is incomplete.") from None
    if len(body) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge
    return body
