"""What holds for every request: whose word counts about its origin, and what happens when the database is away."""

import ipaddress
import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from tokens import conf
from tokens.web.proxies import FROM_TRUSTED_PROXY
from tokens.web.unavailable import database_unavailable_response, is_database_unavailable

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]


class TrustedProxyMiddleware:
    """Believes `X-Forwarded-For` and `X-Forwarded-Proto` from trusted proxies only, and puts their word where Django looks."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Settle address and scheme of the request, once."""
        trusted = conf.is_trusted_proxy(request.META.get("REMOTE_ADDR", ""))
        request.META[FROM_TRUSTED_PROXY] = trusted
        if trusted:
            self._believe(request)
        return self.get_response(request)

    def _believe(self, request: HttpRequest) -> None:
        address = client_address(request.META.get("HTTP_X_FORWARDED_FOR", ""))
        if address:
            request.META["REMOTE_ADDR"] = address
        scheme = request.META.get("HTTP_X_FORWARDED_PROTO", "")
        if scheme in {"http", "https"}:
            request.META["wsgi.url_scheme"] = scheme
            # Django's request reads the scheme from the WSGI environment.
            getattr(request, "environ", {})["wsgi.url_scheme"] = scheme


def client_address(forwarded_for: str) -> str:
    """Return the client's address from `X-Forwarded-For`: the last that is not itself a trusted proxy, "" where unreadable.

    What stands before it was written by the client and counts for nothing.
    """
    for entry in reversed(forwarded_for.split(",")):
        try:
            address = str(ipaddress.ip_address(entry.strip()))
        except ValueError:
            return ""
        if not conf.is_trusted_proxy(address):
            return address
    return ""


class BodylessHeadMiddleware:
    """Answers HEAD with the headers of GET alone, as HTTP has it; gunicorn complains about every body that it must drop."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Empty the body; `Content-Length` goes on telling its length."""
        response = self.get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response


class DatabaseUnavailableMiddleware:
    """Answers 503 where a view finds the database locked or away.

    What fails outside of the views (saving the session, say) comes to `views.errors.server_error`, which answers the same.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a database that cannot answer into a 503 with Retry-After."""
        if not is_database_unavailable(exception):
            return None
        logger.error("The database did not answer: %s", exception)
        return database_unavailable_response(request)


class PrivatePagesMiddleware:
    """Keeps signed-in pages out of shared caches and of the Back button after signing out."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add `Cache-Control` where the view has not set its own."""
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"
        return response


class HtmxAnswersMiddleware:
    """Gives htmx the address of a redirect, which its request would follow by itself, and tells caches that it may get parts.

    Following it would use up what the next page shows once, and put a whole page into a part of another.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        response = self.get_response(request)
        if "Location" in response and getattr(request, "htmx", False):
            cookies = response.cookies
            response = HttpResponseClientRedirect(response["Location"])
            response.cookies = cookies
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        return response
