"""What a request gets while the database is locked or cannot be reached: 503, never a pass."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tokens.web.envelope import is_program_path, problem_response


def is_database_unavailable(exception: BaseException | None) -> bool:
    """True for the errors of a database that is locked or cannot be reached."""
    return isinstance(exception, OperationalError | InterfaceError)


def database_unavailable_response(request: HttpRequest) -> HttpResponse:
    """Return the 503 of a database that does not answer: a clear page, or the envelope for programs; never a pass."""
    if is_program_path(request.path):
        response = problem_response(503, "UNAVAILABLE", "The portal's database does not answer. Try again in a moment.")
    else:
        # Without the request: nothing of the page may ask the database who is signed in.
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "5"
    return response
