"""SolarNetwork's JSON envelope, which programs get in every response, successful or not."""

import json
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from tokens.domain.authorization.judge import UNAUTHENTICATED_MESSAGE
from tokens.domain.outcomes import Denied
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import CHALLENGE, accept_signature

# What `X-SN-ErrorMessage` shows as it is; a percent sign is not part of it, so that the value can be decoded.
_VISIBLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
# Encoded it may be twelve times as long, which must still fit into the buffers of proxies.
_MAX_ERROR_MESSAGE_LENGTH = 300
_PROGRAM_PREFIXES = ("/solaruser/", "/solarquery/", "/solarin/", "/authorize/")


def is_program_path(path: str) -> bool:
    """Return True for the routes of programs, whose errors are sent in the envelope instead of as a page."""
    return path == "/authorize" or path.startswith(_PROGRAM_PREFIXES)


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


def unauthenticated_response(request: SignedRequest, *, hint: str = "") -> HttpResponse:
    """Return the 401, which is the same for every failure up to and including the signature.

    Args:
        request: says what a message signature must cover (`Accept-Signature`).
        hint: what is wrong with the request, if its sender may know (`Judgement.sender_hint`).
    """
    response = problem_response(401, "UNAUTHENTICATED", UNAUTHENTICATED_MESSAGE)
    response.headers["WWW-Authenticate"] = CHALLENGE
    response.headers["Accept-Signature"] = accept_signature(request)
    if hint:
        response.headers["X-SN-ErrorMessage"] = error_message(hint)
    return response


def denied_response(code: str, denied: Denied, *, status: int = 403) -> HttpResponse:
    """Return the refusal after a valid signature: the rule, the entry and the value that decided."""
    response = problem_response(status, code, denied.message, rule=denied.rule, entry=denied.entry, value=denied.value)
    response.headers["X-SN-ErrorMessage"] = error_message(denied.message)
    return response


def error_message(text: str) -> str:
    """Return a text as the value of `X-SN-ErrorMessage`: visible ASCII characters and blanks on one line.

    Everything else, and the percent sign, is percent-encoded as UTF-8. The text may come from the request, so a line break
    must never be part of the value.
    """
    if len(text) > _MAX_ERROR_MESSAGE_LENGTH:
        text = text[:_MAX_ERROR_MESSAGE_LENGTH] + "..."
    return quote(text.strip(), safe=_VISIBLE, errors="replace")
