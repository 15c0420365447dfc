"""The API's error responses, and the handler that turns exceptions into them."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.text import shorten
from tokens.models import SecurityToken, TokenSecret
from tokens.services.signed_requests.rate_limits import RateLimitExceeded
from tokens.web.envelope import problem_response, unauthenticated_response
from tokens.web.signed_requests import outline_request

# What the portal serves itself of SolarNetwork's addresses.
SERVED = (
    "/solaruser/api/v1/sec/user/auth-tokens",
    "/solaruser/api/v1/sec/whoami",
    "/solarquery/api/v1/sec/auth-tokens/refresh/v2",
)


def not_found_response() -> HttpResponse:
    """Return the 404 of an address that the API does not have. Most are data calls, which the portal does not answer itself."""
    message = (
        "The portal has no such call. Send data calls to the host of the service behind the gateway. "
        f"The portal itself serves {', '.join(SERVED)}; /api/docs/ lists the calls."
    )
    return problem_response(404, "NOT_FOUND", message)


def method_not_allowed_response(method: str, allowed: str) -> HttpResponse:
    """Return the 405, with the methods that are allowed."""
    response = problem_response(405, "METHOD_NOT_ALLOWED", f"The method {method} is not allowed here; use {allowed}.")
    response["Allow"] = allowed
    return response


def rate_limited_response(error: RateLimitExceeded) -> HttpResponse:
    """Return the 429 with the time to wait."""
    response = problem_response(429, "TOO_MANY_REQUESTS", str(error))
    response["Retry-After"] = str(error.retry_after)
    return response


def too_large_response() -> HttpResponse:
    """Return the 413. The rest of the body was not read, so the connection is closed."""
    response = problem_response(413, "TOO_LARGE", "The body is larger than 1 MB (1,048,576 bytes).")
    response["Connection"] = "close"
    return response


def length_required_response() -> HttpResponse:
    """Return the 411 for a chunked body that the server cannot read."""
    response = problem_response(411, "LENGTH_REQUIRED", "Send the body with a Content-Length.")
    response["Connection"] = "close"
    return response


def add_error_handlers(api: NinjaAPI) -> None:
    """Send the exceptions of the endpoints in the envelope. The middleware handles what is not listed here (`DatabaseError`)."""
    # Ninja has its own handlers for these, and the nearest class counts.
    for error_class in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(error_class, _handle_error)


def _handle_error(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    match error:
        case PolicyError():
            return _invalid_response(error.problems)
        case ValidationError():
            return _invalid_response(parameter_problems(error))
        case SecurityToken.DoesNotExist():
            # The same for another account's token.
            return problem_response(404, "UNKNOWN_TOKEN", "The account has no such token.")
        case AuthenticationError() | TokenSecret.DoesNotExist():
            # A secret that was ended after its signature was checked: as if the request had come a moment later.
            return unauthenticated_response(outline_request(request))
        case Http404():
            return not_found_response()
        case RateLimitExceeded():
            return rate_limited_response(error)
        case _:
            # Ninja would respond with a traceback if DEBUG is on.
            raise error


def parameter_problems(error: ValidationError) -> list[Problem]:
    """Return ninja's errors about parameters as problems."""
    return [_parameter_problem(details) for details in error.errors]


def _invalid_response(problems: Iterable[Problem]) -> HttpResponse:
    """Return the 422 with every problem of the input, by field."""
    errors = [_problem_object(problem) for problem in problems]
    message = f"{errors[0]['field']}: {errors[0]['message']}" if len(errors) == 1 else f"{len(errors)} problems; see errors."
    return problem_response(422, "INVALID", message, errors=errors)


def _problem_object(problem: Problem) -> dict[str, str]:
    # `field` and `value` are the portal's names, `location` and `rejectedValue` those that SolarNetwork's clients read.
    return {
        "field": problem.field,
        "message": problem.message,
        "value": problem.value,
        "location": problem.field,
        "rejectedValue": problem.value,
    }


def _parameter_problem(details: dict[str, Any]) -> Problem:
    """Return ninja's error about a parameter as a problem."""
    value = details.get("input")
    shown = "" if value is None or isinstance(value, dict) else shorten(value)
    return Problem(str(details["loc"][-1]), f"{details['msg']}.", shown)
