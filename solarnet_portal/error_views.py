"""The pages for what went wrong: for people a page that helps, for programs the envelope.

None of the templates asks who is signed in, so that they also appear where the database does not answer.
"""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from tokens.web.envelope import is_program_path, problem_response
from tokens.web.unavailable import database_unavailable_response, is_database_unavailable


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that cannot be understood."""
    if is_program_path(request.path):
        return problem_response(400, "BAD_REQUEST", "This request cannot be understood.")
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that is not allowed."""
    if is_program_path(request.path):
        return problem_response(403, "FORBIDDEN", "This is not allowed.")
    return _page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer for an address where nothing is."""
    if is_program_path(request.path):
        return problem_response(404, "NOT_FOUND", "There is nothing at this address.")
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer where the portal failed, by a locked or unreachable database with 503; needs neither context nor database."""
    # Django calls this while it handles the exception, and does not hand it over.
    if is_database_unavailable(sys.exception()):
        return database_unavailable_response(request)
    if is_program_path(request.path):
        return problem_response(500, "INTERNAL_ERROR", "The portal failed. The failure is on record; try again in a moment.")
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a form that came without its proof of origin, and what to do."""
    if is_program_path(request.path):
        return problem_response(403, "FORBIDDEN", "This address is for signed requests.")
    return render(request, "403_csrf.html", status=403)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", status=status)
