"""What the API answers: token objects in SolarNetwork's shape, and every refusal in its envelope."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tokens.domain.authorization.judge import UNAUTHENTICATED_MESSAGE
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.outcomes import Denied
from tokens.domain.signing.schemes import CHALLENGE
from tokens.domain.text import shorten
from tokens.models import SecurityToken, TokenSecret
from tokens.services.signed_requests.rate_limits import TooMany
from tokens.web.envelope import envelope, problem_response

logger = logging.getLogger(__name__)


def answer(data: object) -> HttpResponse:
    """Return an answer in SolarNetwork's envelope."""
    body = json.dumps(envelope(data), ensure_ascii=False)
    return HttpResponse(body, content_type="application/json")


def token_object(token: SecurityToken, *, now: datetime, **more: object) -> dict[str, Any]:
    """Return a token as SolarNetwork's API shows it; `created` in the form that its clients parse."""
    created = token.created_at
    return {
        "id": token.token_id,
        "created": f"{created:%Y-%m-%d %H:%M:%S}.{created.microsecond // 1000:03}Z",
        "userId": token.owner_id,
        "name": token.name,
        "description": token.description,
        "status": token.status,
        "type": token.type,
        "expired": token.is_expired(now),
        "policy": token.policy,
        **more,
    }


def unauthenticated() -> HttpResponse:
    """Return the 401 that is the same for every failure up to and including the signature."""
    response = problem_response(401, "UNAUTHENTICATED", UNAUTHENTICATED_MESSAGE)
    response["WWW-Authenticate"] = CHALLENGE
    return response


def denied(code: str, why: Denied) -> HttpResponse:
    """Return a refusal after a good signature: the rule, the entry and the value that decided."""
    return problem_response(403, code, why.message, rule=why.rule, entry=why.entry, value=why.value)


def unknown() -> HttpResponse:
    """Return the 404 of an address that the API does not have."""
    return problem_response(404, "NOT_FOUND", "There is no such call. /api/docs/ lists them.")


def unknown_token() -> HttpResponse:
    """Return the 404 of a token that the account does not have, a foreign one included."""
    return problem_response(404, "UNKNOWN_TOKEN", "The account has no such token.")


def invalid(problems: Iterable[Problem]) -> HttpResponse:
    """Return every problem of an input, by field."""
    errors = [_error(problem) for problem in problems]
    message = f"{errors[0]['field']}: {errors[0]['message']}" if len(errors) == 1 else f"{len(errors)} problems; see errors."
    return problem_response(422, "INVALID", message, errors=errors)


def too_many(error: TooMany) -> HttpResponse:
    """Return the 429 with the time to wait."""
    response = problem_response(429, "TOO_MANY_REQUESTS", str(error))
    response["Retry-After"] = str(error.retry_after)
    return response


def too_large() -> HttpResponse:
    """Return the 413; what is left of the body was not read, so the connection ends here."""
    response = problem_response(413, "TOO_LARGE", "The body is larger than 1 MB (1,048,576 bytes).")
    response["Connection"] = "close"
    return response


def length_required() -> HttpResponse:
    """Return the 411 for a body in chunks that the server cannot read."""
    response = problem_response(411, "LENGTH_REQUIRED", "Send the body with a Content-Length.")
    response["Connection"] = "close"
    return response


def handle_errors(api: NinjaAPI) -> None:
    """Turn what the calls raise into the envelope. What is not named here (a database away) goes on to the middleware."""
    # Ninja has handlers of its own for these; the nearest class counts.
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, _handle)


def _handle(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    match error:
        case PolicyError():
            return invalid(error.problems)
        case ValidationError():
            return invalid(_unreadable(problem) for problem in error.errors)
        case SecurityToken.DoesNotExist():
            return unknown_token()
        case AuthenticationError() | TokenSecret.DoesNotExist():
            # A secret that was ended between its signature and its use: as if the request had come a moment later.
            return unauthenticated()
        case Http404():
            return unknown()
        case TooMany():
            return too_many(error)
        case _:
            # Ninja itself would answer with a traceback where DEBUG is on.
            raise error


def _error(problem: Problem) -> dict[str, str]:
    # `field` and `value` in the portal's words, `location` and `rejectedValue` as SolarNetwork's clients read them.
    return {
        "field": problem.field,
        "message": problem.message,
        "value": problem.value,
        "location": problem.field,
        "rejectedValue": problem.value,
    }


def _unreadable(error: dict[str, Any]) -> Problem:
    """Return the problem that ninja has with a parameter."""
    value = error.get("input")
    return Problem(str(error["loc"][-1]), f"{error['msg']}.", "" if value is None or isinstance(value, dict) else shorten(value))
