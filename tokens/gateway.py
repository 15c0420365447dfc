"""`/authorize`: tells a proxy whether to forward a request (SPEC, "Gateway"; docs/gateways/).

This is the hot path: no session, no template, one query. The status is 200, 401 or 403, because nginx accepts no other (or 503 if
the database is unavailable, which makes proxies reject the request).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tokens import conf
from tokens.domain.authorization.judge import Judgement
from tokens.domain.dates import from_milliseconds
from tokens.domain.policies.policy import Policy
from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.services.signed_requests.judging import Judged, judge_request
from tokens.web.actors import address_of, client_of
from tokens.web.envelope import denied_response, problem_response, unauthenticated_response
from tokens.web.proxies import FROM_TRUSTED_PROXY
from tokens.web.signed_requests import accepted_hosts, decode_wsgi, known_scheme, read_headers

# A missing or zero Content-Length.
_NO_LENGTH = frozenset({None, "", "0"})
_ALLOWED = b'{"success": true, "data": null}'
# Characters of a list's values that are not percent-encoded. Commas are: a program splits the header at commas, then decodes.
_UNQUOTED = "!\"#$&'()*+-./:;<=>?@[\\]^_`{|}~ "
# What a preflight has, and what it never has: a request with a signature is judged by it.
_PREFLIGHT_HEADERS = frozenset({"origin", "access-control-request-method"})
_SIGNATURE_HEADERS = frozenset({"authorization", "signature-input"})
# Methods whose requests have no body unless the proxy says so.
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


class ProxyMisconfigured(Exception):
    """The proxy's headers are missing or contradict each other; the message is for its operator."""


@csrf_exempt
def authorize(request: HttpRequest) -> HttpResponse:
    """Judge the request that a trusted proxy has received."""
    if request.META.get(FROM_TRUSTED_PROXY) is not True:
        message = "Only a trusted proxy may call this. Add its address to PORTAL_TRUSTED_PROXIES."
        return _no_store(problem_response(403, "UNTRUSTED_PROXY", message))
    try:
        original = read_original_request(request)
    except ProxyMisconfigured as error:
        return _no_store(problem_response(403, "PROXY_MISCONFIGURED", str(error)))
    if settings.PASS_PREFLIGHTS and _is_preflight(original):
        return _no_store(HttpResponse(_ALLOWED, content_type="application/json"))
    judged = judge_request(original, now=timezone.now())
    return _no_store(_build_response(original, judged))


def read_original_request(request: HttpRequest) -> SignedRequest:
    """Build the request that the client sent to the proxy from the proxy's headers.

    Raises:
        ProxyMisconfigured: if method, host or URI is missing, or given twice with different values.
    """
    meta = request.META
    method = _forwarded_value(meta, "method", "HTTP_X_FORWARDED_METHOD", "HTTP_X_ORIGINAL_METHOD")
    host = _forwarded_value(meta, "host", "HTTP_X_FORWARDED_HOST", "HTTP_X_ORIGINAL_HOST")
    uri = _forwarded_value(meta, "URI", "HTTP_X_FORWARDED_URI", "HTTP_X_ORIGINAL_URI")
    path, mark, query = decode_wsgi(uri).partition("?")
    scheme = known_scheme(meta.get("HTTP_X_FORWARDED_PROTO", ""))
    return SignedRequest(
        method=method,
        path=path,
        query=query,
        headers=_read_original_headers(meta),
        body=None,
        has_body=_has_body(meta, method),
        hosts=accepted_hosts(decode_wsgi(host), scheme),
        scheme=scheme,
        has_empty_query=bool(mark) and not query,
        address=address_of(request),
        client=client_of(request),
    )


def _read_original_headers(meta: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers as the client sent them; the sub-request's own length is not the client's."""
    original = meta.get("HTTP_X_ORIGINAL_CONTENT_LENGTH")
    return read_headers(meta if original is None else {**meta, "CONTENT_LENGTH": original})


def _forwarded_value(meta: Mapping[str, Any], name: str, forwarded: str, original: str) -> str:
    """Return a value that the proxy sends in `X-Forwarded-*` or in `X-Original-*`.

    A proxy sets one of the two and may pass the other on from the client, so if they differ, neither is trusted.
    """
    first, second = meta.get(forwarded), meta.get(original)
    if first is not None and second is not None and first != second:
        names = f"{_header_name(forwarded)} and {_header_name(original)}"
        raise ProxyMisconfigured(f"The proxy sends {names} with different values. Configure it to set one and remove the other.")
    value = str(first or second or "")
    if not value:
        raise ProxyMisconfigured(f"The proxy does not send the original {name}. Configure it to set {_header_name(forwarded)}.")
    return value


def _header_name(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").title()


def _has_body(meta: Mapping[str, Any], method: str) -> bool:
    """Return True if the original request has a body, judging by its method if the proxy does not say.

    Only an original length of 0 means that there is none: HTTP/2 sends bodies without a length.
    """
    if meta.get("HTTP_X_ORIGINAL_TRANSFER_ENCODING") or meta.get("HTTP_TRANSFER_ENCODING"):
        return True
    original, own = meta.get("HTTP_X_ORIGINAL_CONTENT_LENGTH"), meta.get("CONTENT_LENGTH")
    if original not in _NO_LENGTH or own not in _NO_LENGTH:
        return True
    return original != "0" and method not in _BODILESS


def _is_preflight(request: SignedRequest) -> bool:
    """Return True for the question of a browser whether a page of an allowed origin may send a request: unsigned, and no body."""
    headers = dict(request.headers)
    return (
        request.method == "OPTIONS"
        and not request.has_body
        and conf.allows_origin(headers.get("origin", ""))
        and headers.keys() >= _PREFLIGHT_HEADERS
        and headers.keys().isdisjoint(_SIGNATURE_HEADERS)
    )


def _build_response(original: SignedRequest, judged: Judged) -> HttpResponse:
    judgement = judged.judgement
    if judgement.credential is None:
        response = unauthenticated_response(original, hint=judgement.sender_hint)
    elif judgement.denial is not None:
        response = denied_response(judgement.code, judgement.denial)
    else:
        response = HttpResponse(_ALLOWED, content_type="application/json")
        for name, value in _allowed_headers(judged, judgement):
            response.headers[name] = value
    policy = judgement.credential.policy if judgement.credential else None
    if policy is not None and policy.not_after is not None:
        response.headers["X-SN-Token-Expires"] = _spell_second(policy.not_after // 1000)
    return response


# Saves 2 µs: most policies end with a day, whatever the number of tokens.
@lru_cache(maxsize=1024)
def _spell_second(seconds: int) -> str:
    return format_http_date(from_milliseconds(seconds * 1000))


def _allowed_headers(judged: Judged, judgement: Judgement) -> Iterable[tuple[str, str]]:
    """Yield the headers with the token and what it may see. No header means no restriction; a header is never empty."""
    credential = judgement.credential
    if credential is None or credential.policy is None:
        return
    policy, effective = credential.policy, judgement.effective
    yield "X-SN-Token-Id", credential.token_id
    yield "X-SN-Token-Type", credential.token_type.value
    yield "X-SN-User-Id", str(judged.owner_pk)
    if effective.node_ids is not None:
        yield "X-SN-Node-Ids", _join(effective.node_ids)
    if effective.source_ids is not None:
        yield "X-SN-Source-Ids", _join(effective.source_ids)
    if effective.aggregation is not None:
        yield "X-SN-Aggregation", effective.aggregation.value
    yield from _policy_headers(policy)
    if judgement.signed is not None and judgement.signed.content_sha256:
        yield "X-SN-Content-SHA256", judgement.signed.content_sha256


def _policy_headers(policy: Policy) -> Iterable[tuple[str, str]]:
    if policy.min_aggregation is not None:
        yield "X-SN-Min-Aggregation", policy.min_aggregation.value
    if policy.node_metadata_paths is not None:
        yield "X-SN-Node-Metadata-Paths", _join(policy.node_metadata_paths)
    if policy.user_metadata_paths is not None:
        yield "X-SN-User-Metadata-Paths", _join(policy.user_metadata_paths)


def _join(values: tuple[int, ...] | tuple[str, ...]) -> str:
    """Return a list as a header value, separated by commas; `,`, `%` and non-ASCII characters are percent-encoded as UTF-8."""
    texts = list(map(str, values))
    joined = ",".join(texts)
    if joined.isascii() and "%" not in joined and joined.count(",") < len(texts) and joined.isprintable():
        return joined
    return ",".join([quote(text, safe=_UNQUOTED) for text in texts])


def _no_store(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
