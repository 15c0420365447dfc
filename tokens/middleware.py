"""Middleware: programs apart from pages, trusted proxies, CORS, HEAD, an unavailable database, caching of private pages."""

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from django_htmx.http import HttpResponseClientRedirect

from tokens import conf
from tokens.web.envelope import is_program_path
from tokens.web.proxies import FROM_TRUSTED_PROXY
from tokens.web.unavailable import find_outage, unavailable_response

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
_GATEWAY = "/authorize"
# OPTIONS too: views answer it with the methods that they have.
_PAGE_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_LAST_PORT = 65_535
# What no page uses, and scripts that somebody smuggles in shall not have either. Passkeys are for the portal's own pages.
_PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone")),
        *(f"{feature}=()" for feature in ("browsing-topics", "display-capture", "hid", "midi", "payment", "serial", "usb")),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


class ProgramMiddleware:
    """Serves programs (the gateway, the API) itself, through `settings.PROGRAM_MIDDLEWARE` and none of what comes after it.

    They have no session, no form and no page, so that what pages need would cost them time and add headers that mean nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer, which is for pages, and build the layers for programs as Django does."""
        self._serve_page = get_response
        layer: Any = convert_exception_to_response(_serve_program)
        for name in reversed(settings.PROGRAM_MIDDLEWARE):
            layer = convert_exception_to_response(import_string(name)(layer))
        self._serve_program: GetResponse = layer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on to the layers that are for it."""
        serve = self._serve_program if is_program_path(request.path_info) else self._serve_page
        return serve(request)


def _serve_program(request: HttpRequest) -> HttpResponse:
    """Call the view of a program's request."""
    match = request.resolver_match = resolve(request.path_info)
    try:
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    except Exception as error:
        unavailable = _answer_unavailable(request, error)
        if unavailable is None:
            raise
        return unavailable
    return response


def _answer_unavailable(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return the 503 if an error is that of an unavailable database, `None` for any other."""
    outage = find_outage(error)
    if outage is None:
        return None
    logger.error("The portal is unavailable: %s", error)
    return unavailable_response(request, outage)


class TrustedProxyMiddleware:
    """Sets the request's address and scheme from `X-Forwarded-For` and `X-Forwarded-Proto`, if a trusted proxy sent them."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Mark requests from trusted proxies, and apply their headers.

        Raises:
            DisallowedHost: if the host names a port that there is not. Django looks at its name only.
        """
        port = request.META.get("HTTP_HOST", "").rpartition("]")[2].partition(":")[2]
        if port.isdecimal() and int(port[:9]) > _LAST_PORT:
            raise DisallowedHost(f"Port {port[:9]} does not exist.")
        trusted = conf.is_trusted_proxy(request.META.get("REMOTE_ADDR", ""))
        request.META[FROM_TRUSTED_PROXY] = trusted
        if trusted:
            self._apply_forwarded_headers(request)
        return self.get_response(request)

    def _apply_forwarded_headers(self, request: HttpRequest) -> None:
        address = client_address(request.META.get("HTTP_X_FORWARDED_FOR", ""))
        if address:
            request.META["REMOTE_ADDR"] = address
        scheme = request.META.get("HTTP_X_FORWARDED_PROTO", "")
        if scheme in {"http", "https"}:
            request.META["wsgi.url_scheme"] = scheme
            # Django's request reads the scheme from the WSGI environment.
            getattr(request, "environ", {})["wsgi.url_scheme"] = scheme


def client_address(forwarded_for: str) -> str:
    """Return the client's address from `X-Forwarded-For`: the last one that is not a trusted proxy, or "" if it is invalid.

    Earlier entries are ignored, because the client can send any.
    """
    for entry in reversed(forwarded_for.split(",")):
        try:
            address = str(ipaddress.ip_address(entry.strip()))
        except ValueError:
            return ""
        if not conf.is_trusted_proxy(address):
            return address
    return ""


class ApiCorsMiddleware(CorsMiddleware):
    """Lets pages of other origins call the API and read its answers (SPEC, "CORS"): django-cors-headers, with two differences.

    An `OPTIONS` request is a preflight if and only if it has an `Origin`. And none is answered at `/authorize`: some proxies ask
    there with the method and the headers of the request that they have received, so a 200 would let it pass.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer a preflight, or add the headers to the response of a request that a page has sent."""
        # Saves 35 µs a request. Without an Origin there is nothing to add but `Vary`, and no answer of the API is stored.
        if not request.META.get("HTTP_ORIGIN"):
            return self.get_response(request)
        return super().__call__(request)

    def check_preflight(self, request: HttpRequest) -> HttpResponseBase | None:
        """Return the answer to a preflight, or `None` for any other request."""
        if request.method != "OPTIONS" or request.path_info == _GATEWAY or not self.is_enabled(request):
            return None
        return HttpResponse(headers={"Content-Length": "0"})


class PageMethodsMiddleware:
    """Refuses methods that no page has, before anything asks for their CSRF token."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return a 405 for such a method."""
        if request.method in _PAGE_METHODS:
            return self.get_response(request)
        return HttpResponseNotAllowed(_PAGE_METHODS)


class BodylessHeadMiddleware:
    """Removes the body of responses to HEAD, because gunicorn logs a warning for each."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Remove the body; `Content-Length` stays that of GET."""
        response = self.get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response


class UnavailableMiddleware:
    """Responds with 503 if a view lacks what the portal cannot work without, such as its database.

    Errors outside of views, such as when the session is saved, are handled by `solarnet_portal.error_views.server_error`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return a 503 with `Retry-After` for such an error, or `None` for any other."""
        return _answer_unavailable(request, exception)


class PrivatePagesMiddleware:
    """Keeps pages out of shared caches, out of the browser's history after signing out, and out of other sites' pages."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add `Cache-Control` unless the view has set it."""
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"
        response.headers["Permissions-Policy"] = _PERMISSIONS
        # Answers to pages of other origins that CORS allows are not concerned.
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class HtmxResponseMiddleware:
    """Sends redirects to htmx as `HX-Redirect`, and adds `Vary: HX-Request` to pages.

    htmx would follow a redirect itself, which would use up a page that is shown only once, and insert a whole page into a part.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace redirects of htmx's requests."""
        response = self.get_response(request)
        if "Location" in response and getattr(request, "htmx", False):
            cookies = response.cookies
            response = HttpResponseClientRedirect(response["Location"])
            response.cookies = cookies
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        return response
