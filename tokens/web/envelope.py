"""SolarNetwork's envelope, in which programs get every answer and every refusal."""

import json
from typing import Any

from django.http import HttpResponse

PROGRAM_PREFIXES = ("/solaruser/", "/solarquery/", "/authorize")


def is_program_path(path: str) -> bool:
    """True for the routes that programs call: they get the envelope, people get a page."""
    return path.startswith(PROGRAM_PREFIXES)


def envelope(data: object) -> dict[str, Any]:
    """Return SolarNetwork's envelope around an answer."""
    return {"success": True, "data": data}


def problem_envelope(code: str, message: str, **more: object) -> dict[str, Any]:
    """Return SolarNetwork's envelope around a refusal."""
    return {"success": False, "code": code, "message": message, **more}


def problem_response(status: int, code: str, message: str, **more: object) -> HttpResponse:
    """Return a refusal as a response with the envelope."""
    body = json.dumps(problem_envelope(code, message, **more))
    return HttpResponse(body, status=status, content_type="application/json")
