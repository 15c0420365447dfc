"""Error handlers: a page for people, the envelope for programs.

The pages keep the account's menu. A 500 and a 503 have it if the account was read before the error, and need no database.
"""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from solarnet_portal.operations.logs import request_id
from tokens.web.envelope import is_program_path, problem_response
from tokens.web.sessions import find_loaded_user
from tokens.web.unavailable import find_outage, unavailable_response

# The longest of django-allauth's limits for signing in.
_WAIT_SECONDS = 300


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 400."""
    if is_program_path(request.path):
        return problem_response(400, "BAD_REQUEST", "This request cannot be understood.")
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 403."""
    if is_program_path(request.path):
        return problem_response(403, "FORBIDDEN", "This is not allowed.")
    return _page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 404."""
    if is_program_path(request.path):
        return problem_response(404, "NOT_FOUND", "There is nothing at this address.")
    return _page(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Return the 429 for what was tried too often, such as a password."""
    response = _page(request, 429)
    response["Retry-After"] = str(_WAIT_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the 500, or the 503 if the database is unavailable. Needs no database."""
    # Django calls this while it handles the exception, but does not pass it.
    if outage := find_outage(sys.exception()):
        return unavailable_response(request, outage)
    if is_program_path(request.path):
        return problem_response(500, "INTERNAL_ERROR", "Internal error. It was logged; try again in a moment.")
    return HttpResponse(
        render_to_string("500.html", {"user": find_loaded_user(request), "reference": request_id.get()}), status=500
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the 403 for a form without a valid CSRF token, with an explanation."""
    if is_program_path(request.path):
        return problem_response(403, "FORBIDDEN", "This address is for signed requests.")
    return render(request, "403_csrf.html", status=403)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", status=status)
