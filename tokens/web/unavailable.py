"""The 503 for a database that is locked or cannot be reached."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tokens.web.envelope import is_program_path, problem_response
from tokens.web.sessions import find_loaded_user


def is_database_unavailable(exception: BaseException | None) -> bool:
    """Return True for the errors of a database that is locked or cannot be reached."""
    return isinstance(exception, OperationalError | InterfaceError)


def database_unavailable_response(request: HttpRequest) -> HttpResponse:
    """Return the 503: a page, or the envelope for programs."""
    if is_program_path(request.path):
        response = problem_response(503, "UNAVAILABLE", "The portal's database is unavailable. Try again in a moment.")
    else:
        # Rendered without the request, because reading its user needs the database.
        response = HttpResponse(render_to_string("503.html", {"user": find_loaded_user(request)}), status=503)
    response["Retry-After"] = "5"
    return response
