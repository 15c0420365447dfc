"""HTTP in, domain values out: reading a signed request, the envelope, and who acts."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from tokens.models import User
from tokens.services.audit import Actor

# The key in `request.META` that says the connection is a trusted proxy's. A client cannot set it: its headers start with HTTP_.
FROM_TRUSTED_PROXY = "portal.from_trusted_proxy"
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


class UserRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: User


def browser_actor(request: UserRequest) -> Actor:
    """Return who acts in a browser, and from where."""
    return Actor(label=request.user.email, user=request.user, address=address_of(request), client=client_of(request))


def address_of(request: HttpRequest) -> str:
    """Return the client's address; TrustedProxyMiddleware has put it right."""
    return str(request.META.get("REMOTE_ADDR", ""))


def client_of(request: HttpRequest) -> str:
    """Return the client's own name for itself, shortened, without what cannot be shown or stored."""
    text = str(request.META.get("HTTP_USER_AGENT", ""))
    return "".join(character for character in text if character.isprintable())[:200]
