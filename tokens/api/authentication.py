"""The only entrance to the API: every address below its two bases is judged before it is routed.

So an unknown address, or a method that a call does not have, tells a stranger nothing, and no call can be left unguarded.
Sessions count for nothing here, which is why CSRF tokens have nothing to protect.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tokens.api import responses
from tokens.domain.authorization.judge import Judgement
from tokens.domain.errors import MalformedRequest
from tokens.domain.policies.policy import Policy
from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.services.audit import token_actor
from tokens.services.signed_requests import rate_limits
from tokens.services.signed_requests.delegation import BeyondHolder, Holder
from tokens.services.signed_requests.judging import Judged, judge_request, record_refusal
from tokens.web.actors import address_of
from tokens.web.envelope import problem_response
from tokens.web.signed_requests import BodyTooLarge, LengthRequired, read_signed_request


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in: who signed it, with which secret, what was sent, and when."""

    holder: Holder
    secret_pk: int
    signed: SignedRequest
    now: datetime


class ApiRequest(HttpRequest):
    """A request whose signature was checked."""

    call: Call


@csrf_exempt
def serve_api(request: HttpRequest) -> HttpResponse:
    """Judge a request, let the call answer, and finish what every answer has in common."""
    now = timezone.now()
    try:
        signed = read_signed_request(request)
    except BodyTooLarge:
        return _finish(request, responses.too_large())
    except LengthRequired:
        return _finish(request, responses.length_required())
    except MalformedRequest:
        return _finish(request, _turn_away(address_of(request), now))
    judged = judge_request(signed, now=now)
    judgement = judged.judgement
    if judgement.credential is None:
        return _finish(request, _turn_away(signed.address, now))
    if judgement.denial is not None:
        response = responses.denied(judgement.code, judgement.denial)
    else:
        response = _dispatch(request, _let_in(judged, judgement, signed, now))
    return _finish(request, response, judgement.credential.policy)


def record_beyond(call: Call, error: BeyondHolder) -> None:
    """Write to the audit trail what the holder's own limits refused."""
    record_refusal(call.holder.token_pk, "NOT_PERMITTED", error.denied, request=call.signed, now=call.now)


def _turn_away(address: str, now: datetime) -> HttpResponse:
    try:
        rate_limits.count_refused(address, now=now)
    except rate_limits.TooMany as error:
        return responses.too_many(error)
    return responses.unauthenticated()


def _let_in(judged: Judged, judgement: Judgement, signed: SignedRequest, now: datetime) -> Call:
    credential = judgement.credential
    if credential is None or credential.policy is None or not judgement.is_allowed:
        raise RuntimeError("Only an allowed request is let in.")
    actor = token_actor(credential.token_id, signed)
    holder = Holder(judged.token_pk, judged.owner_pk, credential.token_id, credential.policy, actor)
    return Call(holder, judgement.secret_reference, signed, now)


def _dispatch(request: HttpRequest, call: Call) -> HttpResponse:
    try:
        match = resolve(request.path_info, urlconf="tokens.api.urls")
    except Resolver404:
        return responses.unknown()
    # Read by the calls; ninja refuses what does not have it.
    request.call = call  # type: ignore[attr-defined]
    if request.method == "HEAD":
        # A HEAD was signed and judged as such; it is answered as its GET would be, without the body.
        request.method = "GET"
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code != 405:
        return response
    allowed = response["Allow"]
    response = problem_response(405, "METHOD_NOT_ALLOWED", f"This call does not take {call.signed.method}, but {allowed}.")
    response["Allow"] = allowed
    return response


def _finish(request: HttpRequest, response: HttpResponse, policy: Policy | None = None) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    expires_at = policy.expires_at() if policy else None
    if expires_at is not None:
        response["X-SN-Token-Expires"] = format_http_date(expires_at)
    if request.META.get("REQUEST_METHOD") == "HEAD":
        response["Content-Length"] = str(len(response.content))
        response.content = b""
    return response
