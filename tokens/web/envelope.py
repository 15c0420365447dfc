"""SolarNetwork's JSON envelope, which programs get in every response, successful or not."""

import json
from typing import Any

from django.http import HttpResponse

from tokens.domain.authorization.judge import UNAUTHENTICATED_MESSAGE
from tokens.domain.outcomes import Denied
from tokens.domain.signing.schemes import CHALLENGE

_PROGRAM_PREFIXES = ("/solaruser/", "/solarquery/", "/solarin/", "/authorize")


def is_program_path(path: str) -> bool:
    """Return True for the routes of programs, whose errors are sent in the envelope instead of as a page."""
    return path.startswith(_PROGRAM_PREFIXES)


def success_response(data: object) -> HttpResponse:
    """Return a 200 with the data in the envelope."""
    body = json.dumps({"success": True, "data": data}, ensure_ascii=False)
    return HttpResponse(body, content_type="application/json")


def problem_response(status: int, code: str, message: str, **more: Any) -> HttpResponse:
    """Return an error in the envelope.

    Args:
        status: the HTTP status.
        code: the error code, for programs.
        message: for people.
        **more: further keys of the envelope.
    """
    body = json.dumps({"success": False, "code": code, "message": message, **more})
    return HttpResponse(body, status=status, content_type="application/json")


def unauthenticated_response() -> HttpResponse:
    """Return the 401, which is the same for every failure up to and including the signature."""
    response = problem_response(401, "UNAUTHENTICATED", UNAUTHENTICATED_MESSAGE)
    response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def denied_response(code: str, denied: Denied) -> HttpResponse:
    """Return the 403 after a valid signature: the rule, the entry and the value that decided."""
    return problem_response(403, code, denied.message, rule=denied.rule, entry=denied.entry, value=denied.value)
