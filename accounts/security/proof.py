"""Proving again who one is before what cannot be taken back, and going on where one was (SPEC, "Promises").

Signing in is such a proof, and so are the password, a code or a passkey that django-allauth asks for afterwards. What was sent
when the proof was missing is kept in the session meanwhile, and done once the proof is there. A password is never kept.
"""

import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts.models import User
from accounts.security.second_factors import has_second_factor
from accounts.security.sessions import SEEN_AT

# How long what was sent waits for the proof, and how much of it.
_WAITS_SECONDS = 30 * 60
_MAX_LENGTH = 400_000
_MOST_RECORDS = 10


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Note in the session that its user has just proved who they are."""
    record_authentication(request, user, method="sign-in", reauthenticated=True)
    request.session[SEEN_AT] = time.time()
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = request.session[AUTHENTICATION_METHODS_SESSION_KEY][-_MOST_RECORDS:]


def is_proved(request: HttpRequest, user: User) -> bool:
    """Return whether the user proved who they are within the last 10 minutes, or has nothing to prove it with."""
    instants = [record["at"] for record in get_authentication_records(request, user) if record.get("reauthenticated")]
    # A clock that was set back proves nothing.
    if any(0 <= time.time() - at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for at in instants):
        return True
    return not (user.has_usable_password() or has_second_factor(user))


def ask(request: HttpRequest) -> HttpResponse | None:
    """Keep what was sent and redirect to where the user proves who they are; `None` if they have nothing to prove it with."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        return None
    back = _page_of(request)
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "POST":
        _keep(request, back)
    response = HttpResponseRedirect(f"{methods[0]['url']}?{urlencode({REDIRECT_FIELD_NAME: back})}")
    response.status_code = 303
    return response


def is_waiting(request: HttpRequest) -> bool:
    """Return whether something that was sent goes on after the proof that this request is about."""
    kept = request.session.get(STATE_SESSION_KEY, {}).get("state", {})
    return bool(kept) and kept.get("back") == get_next_redirect_url(request)


def go_on(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """Do what was sent before the proof. django-allauth calls this once the proof is there.

    Only if the proof is for this: who turned away from one act and proves who they are for another has not agreed to the first.
    """
    back = get_next_redirect_url(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
    if kept["back"] != back or time.time() - kept["at"] > _WAITS_SECONDS:
        return HttpResponseRedirect(back)
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        fields.setlist(name, values)
    # What a view may read of a request; the rest is that of the proof, which comes from the same browser.
    request.POST = fields  # type: ignore[assignment]
    request.GET = QueryDict(kept["query"])
    request.path, request.path_info = kept["path"], kept["path_info"]
    request.META |= {"PATH_INFO": kept["path_info"], "QUERY_STRING": kept["query"]}
    match = request.resolver_match = resolve(request.path_info)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


def _keep(request: HttpRequest, back: str) -> None:
    fields = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    if any("password" in name for name in fields):
        return
    if sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > _MAX_LENGTH:
        return
    kept = {
        "back": back,
        "path": request.path,
        "path_info": request.path_info,
        "query": request.META.get("QUERY_STRING", ""),
        "fields": fields,
        "at": time.time(),
    }
    request.session[STATE_SESSION_KEY] = {"callback": f"{__name__}.{go_on.__name__}", "state": kept}


def _page_of(request: HttpRequest) -> str:
    """Return the address of the page that a form came from, or that of the request."""
    referer = request.META.get("HTTP_REFERER", "")
    is_own = url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    if request.method != "POST" or not is_own:
        return request.get_full_path()
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
