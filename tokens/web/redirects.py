"""Sending a browser on, also out of a dialog."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: what was posted is done, and the answer is to be fetched elsewhere."""

    status_code = 303


def see_other(request: HttpRequest, to: str, *args: object) -> HttpResponse:
    """Send the browser to a route (or an address) after a POST.

    A dialog's script would follow a redirect by itself and use up what the next page shows once, so it gets the address instead.
    """
    url = resolve_url(to, *args)
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else HttpResponseSeeOther(url)


def safe_next(request: HttpRequest) -> str:
    """Return where the owner came from (`next`), "" where that is not a page of this portal."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_own = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if is_own else ""
