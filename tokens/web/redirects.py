"""Redirects."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tokens.web.actors import UserRequest

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[UserRequest, Parameters], HttpResponse]


class HttpResponseSeeOther(HttpResponseRedirect):
    """A 303 redirect: the browser follows it with GET."""

    status_code = 303


def see_other(to: str, *args: object) -> HttpResponse:
    """Redirect to a route or URL after a POST."""
    return HttpResponseSeeOther(resolve_url(to, *args))


def safe_next(request: HttpRequest) -> str:
    """Return the page to go back to (`next`), or "" if it is not a page of this portal."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_own = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    # Without a slash in front or a host it is no address, but might be taken for the name of a route.
    return url if is_own and ("://" in url or url.startswith("/")) else ""


def list_address(request: UserRequest) -> str:
    """Return the page of the list that the owner came from, or its first page.

    Only the list: the deleted token's own pages are gone.
    """
    start = reverse("tokens:list")
    for address in (safe_next(request), request.headers.get("Referer", "")):
        is_own = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())
        parts = urlsplit(address) if is_own else None
        if parts and parts.path == start:
            return f"{start}?{parts.query}" if parts.query else start
    return start


def part_of_a_page(view: View[Parameters]) -> View[Parameters]:
    """Require a signed-in user for a view that returns a part of a page.

    Without a session, htmx gets a 401, so that the page and what was entered there stays. A browser is redirected to sign in.
    """

    @wraps(view)
    def guarded(request: UserRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        if request.htmx and not request.user.is_authenticated:
            return HttpResponse(status=401)
        return login_required(view)(request, *args, **kwargs)

    return guarded
