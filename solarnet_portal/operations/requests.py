"""What every request gets: an identifier that its answer and its lines in the log share, and its place in the metrics."""

import re
import secrets
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse

from solarnet_portal.operations.logs import request_id
from tokens import conf, metrics

GetResponse = Callable[[HttpRequest], HttpResponse]
IN_ENVIRONMENT = "portal.request_id"
_FAILED = 500
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    """Names each request, and notes how it was answered. The outermost layer, so that it sees every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its identifier."""
        # For gunicorn's access log too.
        identifier = request.META[IN_ENVIRONMENT] = find_identifier(request)
        # Not taken back: Django itself logs what became of a request after this.
        request_id.set(identifier)
        start = perf_counter()
        response = self.get_response(request)
        if response.status_code >= _FAILED:
            # Only who was failed needs it; in all others it would be a difference between two answers that must be alike.
            response.headers["X-Request-ID"] = identifier
        if metrics.is_on():
            metrics.note_request(request.method, _route_of(request), response.status_code, perf_counter() - start)
        return response


def find_identifier(request: HttpRequest) -> str:
    """Return the identifier that a trusted proxy has given the request (`X-Request-ID`), else a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    if given and _IDENTIFIER.fullmatch(given) and conf.is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
        return str(given)
    return secrets.token_hex(8)


def _route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else "none"
