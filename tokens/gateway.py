"""`/authorize`: a proxy asks whether the request that it holds may pass (SPEC, "Gateway"; docs/gateways/).

This is the hot path: no session, no form, no template, one query. It answers 200, 401 or 403, which is all that nginx takes (and
503, which a proxy turns into a refusal, where the database is away).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tokens.domain.authorization.judge import Judgement
from tokens.domain.policies.policy import Policy
from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import CHALLENGE
from tokens.services.signed_requests.judging import Judged, judge_request
from tokens.web.actors import address_of, client_of
from tokens.web.envelope import problem_response
from tokens.web.proxies import FROM_TRUSTED_PROXY
from tokens.web.signed_requests import as_sent, read_headers, spell_host

_ALLOWED = b'{"success": true, "data": null}'
# A list's values may hold what would end the value or the header; a program that reads the list splits, then decodes.
_PLAIN = "!\"#$&'()*+-./:;<=>?@[\\]^_`{|}~ "
# Methods whose requests carry a body, unless the proxy says that this one has none.
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


class Misconfigured(Exception):
    """The proxy does not tell what it must, or tells it twice and differently; the text is for its operator."""


@csrf_exempt
def authorize(request: HttpRequest) -> HttpResponse:
    """Judge the request that a trusted proxy holds."""
    if request.META.get(FROM_TRUSTED_PROXY) is not True:
        message = "Only a trusted proxy may ask. Name its address in PORTAL_TRUSTED_PROXIES."
        return _finish(problem_response(403, "UNTRUSTED_PROXY", message))
    try:
        original = read_original_request(request)
    except Misconfigured as error:
        return _finish(problem_response(403, "PROXY_MISCONFIGURED", str(error)))
    judged = judge_request(original, now=timezone.now())
    return _finish(_answer(judged))


def read_original_request(request: HttpRequest) -> SignedRequest:
    """Build the request that the client sent to the proxy from what the proxy tells.

    Raises:
        Misconfigured: method, host or address is missing, or told in two ways that differ.
    """
    meta = request.META
    method = _told(meta, "method", "HTTP_X_FORWARDED_METHOD", "HTTP_X_ORIGINAL_METHOD")
    host = _told(meta, "host", "HTTP_X_FORWARDED_HOST", "HTTP_X_ORIGINAL_HOST")
    uri = _told(meta, "URI", "HTTP_X_FORWARDED_URI", "HTTP_X_ORIGINAL_URI")
    path, _, query = as_sent(uri).partition("?")
    scheme = meta.get("HTTP_X_FORWARDED_PROTO", "")
    return SignedRequest(
        method=method,
        path=path,
        query=query,
        headers=read_headers(meta),
        body=None,
        has_body=_has_body(meta, method),
        hosts=spell_host(as_sent(host), scheme if scheme in {"http", "https"} else ""),
        address=address_of(request),
        client=client_of(request),
    )


def _told(meta: Mapping[str, Any], what: str, forwarded: str, original: str) -> str:
    """Return what a proxy tells under either of two names.

    A proxy sets one family of names and passes the other on as the client sent it, so two that differ are never settled by
    choosing one.
    """
    first, second = meta.get(forwarded), meta.get(original)
    if first is not None and second is not None and first != second:
        names = f"{_spelled(forwarded)} and {_spelled(original)}"
        raise Misconfigured(f"The proxy passes on two different originals: {names}. Let it set one and clear the other.")
    value = str(first or second or "")
    if not value:
        raise Misconfigured(f"The proxy does not tell the original {what}. Let it set {_spelled(forwarded)}.")
    return value


def _spelled(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").title()


def _has_body(meta: Mapping[str, Any], method: str) -> bool:
    """Tell whether the original request has a body; where the proxy does not say, its method tells.

    Only an original length told as 0 means none: HTTP/2 sends bodies without any length, and the sub-request never has one.
    """
    if meta.get("HTTP_X_ORIGINAL_TRANSFER_ENCODING") or meta.get("HTTP_TRANSFER_ENCODING"):
        return True
    told, own = meta.get("HTTP_X_ORIGINAL_CONTENT_LENGTH"), meta.get("CONTENT_LENGTH")
    if told not in {None, "", "0"} or own not in {None, "", "0"}:
        return True
    return told != "0" and method not in _BODILESS


def _answer(judged: Judged) -> HttpResponse:
    judgement = judged.judgement
    if judgement.credential is None:
        response = problem_response(401, judgement.code, judgement.message)
        response["WWW-Authenticate"] = CHALLENGE
    elif judgement.denial is not None:
        why = judgement.denial
        response = problem_response(403, judgement.code, why.message, rule=why.rule, entry=why.entry, value=why.value)
    else:
        response = HttpResponse(_ALLOWED, content_type="application/json")
        for name, value in _granted(judged, judgement):
            response.headers[name] = value
    policy = judgement.credential.policy if judgement.credential else None
    if policy is not None and policy.not_after is not None:
        response.headers["X-SN-Token-Expires"] = _expires(policy.not_after)
    return response


def _granted(judged: Judged, judgement: Judgement) -> Iterable[tuple[str, str]]:
    """Yield who asks and what they may see. A header that is missing restricts nothing; none is ever empty."""
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


@lru_cache(maxsize=1024)
def _policy_headers(policy: Policy) -> tuple[tuple[str, str], ...]:
    headers = []
    if policy.min_aggregation is not None:
        headers.append(("X-SN-Min-Aggregation", policy.min_aggregation.value))
    if policy.node_metadata_paths is not None:
        headers.append(("X-SN-Node-Metadata-Paths", _join(policy.node_metadata_paths)))
    if policy.user_metadata_paths is not None:
        headers.append(("X-SN-User-Metadata-Paths", _join(policy.user_metadata_paths)))
    return tuple(headers)


@lru_cache(maxsize=1024)
def _join(values: tuple[int, ...] | tuple[str, ...]) -> str:
    """Return a list for a header: separated by commas; commas, `%` and what is not ASCII percent-encoded (UTF-8)."""
    return ",".join([quote(str(value), safe=_PLAIN) for value in values])


@lru_cache(maxsize=1024)
def _expires(not_after: int) -> str:
    return format_http_date(Policy(not_after=not_after).expires_at())  # type: ignore[arg-type] # it is set


def _finish(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
