"""Authenticates every request below the addresses of SolarNetwork's services, before it is routed.

An unknown address and a method that an endpoint does not have therefore look the same to a stranger as any other request, and no
endpoint can be left unprotected. Only `pub`, where SolarNetwork wants no signature, is answered without one: nothing is there.
Session cookies are ignored here, so CSRF protection is not needed.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tokens.api import responses
from tokens.domain.errors import MalformedRequest
from tokens.domain.policies.policy import Policy
from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.services.audit import token_actor
from tokens.services.signed_requests import rate_limits
from tokens.services.signed_requests.delegation import DelegationDenied, Holder
from tokens.services.signed_requests.judging import Judged, judge_request, record_refusal
from tokens.web.envelope import denied_response, unauthenticated_response
from tokens.web.signed_requests import BodyTooLarge, LengthRequired, outline_request, read_signed_request

_is_public = re.compile(r"/(?:solaruser|solarquery|solarin)/api/v1/pub/").match


@dataclass(frozen=True, slots=True)
class Authentication:
    """The result of authenticating an allowed request: who signed it, with which secret, what was sent, and when."""

    holder: Holder
    secret_pk: int
    signed: SignedRequest
    now: datetime


class ApiRequest(HttpRequest):
    """A request that was authenticated and allowed."""

    auth: Authentication


@csrf_exempt
def serve_api(request: HttpRequest) -> HttpResponse:
    """Judge a request, pass it to its endpoint if it is allowed, and add the headers that all responses have."""
    now = timezone.now()
    if _is_public(request.path_info):
        return _add_headers(request, responses.not_found_response())
    try:
        signed = read_signed_request(request)
    except BodyTooLarge:
        return _add_headers(request, responses.too_large_response())
    except LengthRequired:
        return _add_headers(request, responses.length_required_response())
    except MalformedRequest:
        return _add_headers(request, _reject(outline_request(request), now))
    judged = judge_request(signed, now=now)
    judgement = judged.judgement
    if judgement.credential is None:
        return _add_headers(request, _reject(signed, now, hint=judgement.sender_hint))
    if judgement.denial is not None:
        # The gateway has no status for it; a client of the API learns that nothing happened twice.
        status = 409 if judgement.status == 409 else 403
        response = denied_response(judgement.code, judgement.denial, status=status)
    else:
        response = _dispatch(request, _authenticate(judged, signed, now))
    return _add_headers(request, response, judgement.credential.policy)


def record_delegation_denied(auth: Authentication, error: DelegationDenied) -> None:
    """Write to the audit trail that the holder's own policy did not allow a change."""
    record_refusal(auth.holder.token_pk, "NOT_PERMITTED", error.denied, request=auth.signed, now=auth.now)


def _reject(signed: SignedRequest, now: datetime, *, hint: str = "") -> HttpResponse:
    """Count an unauthenticated request and return its 401, or the 429 if its address has sent too many."""
    try:
        rate_limits.count_refused(signed.address, now=now)
    except rate_limits.RateLimitExceeded as error:
        return responses.rate_limited_response(error)
    return unauthenticated_response(signed, hint=hint)


def _authenticate(judged: Judged, signed: SignedRequest, now: datetime) -> Authentication:
    judgement = judged.judgement
    credential = judgement.credential
    if credential is None or credential.policy is None or not judgement.is_allowed:
        raise RuntimeError("Only an allowed request can be passed to an endpoint.")
    actor = token_actor(credential.token_id, signed)
    holder = Holder(judged.token_pk, judged.owner_pk, credential.token_id, credential.token_type, credential.policy, actor)
    return Authentication(holder, judgement.secret_reference, signed, now)


def _dispatch(request: HttpRequest, auth: Authentication) -> HttpResponse:
    try:
        match = resolve(request.path_info, urlconf="tokens.api.urls")
    except Resolver404:
        return responses.not_found_response()
    # The endpoints read it; ninja rejects a request without it.
    request.auth = auth  # type: ignore[attr-defined]
    if request.method == "HEAD":
        # It was signed and judged as HEAD. The response is that of GET, without the body.
        request.method = "GET"
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code != 405:
        return response
    return responses.method_not_allowed_response(auth.signed.method, response["Allow"])


def _add_headers(request: HttpRequest, response: HttpResponse, policy: Policy | None = None) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    expires_at = policy.expires_at() if policy else None
    if expires_at is not None:
        response["X-SN-Token-Expires"] = format_http_date(expires_at)
    if request.META.get("REQUEST_METHOD") == "HEAD":
        response["Content-Length"] = str(len(response.content))
        response.content = b""
    return response
