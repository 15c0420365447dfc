"""The pages for what went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tokens.http import is_program_path, problem_response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a form that came without its proof of origin, and what to do."""
    if is_program_path(request.path):
        return problem_response(403, "FORBIDDEN", "This address is for signed requests.")
    return render(request, "403_csrf.html", status=403)
