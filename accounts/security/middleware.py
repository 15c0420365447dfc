"""Middleware: asking for a fresh proof of identity, and for a second factor."""

from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from accounts.security import proof
from accounts.security.second_factors import lacks_second_factor
from tokens.services.audit import ProofRequired

GetResponse = Callable[[HttpRequest], HttpResponse]


class ProofMiddleware:
    """Sends whoever acts without a fresh proof of identity to where they give it.

    Before django-allauth's own, which keeps the whole request in the session, its cookies too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the redirect if a proof is missing, `None` for any other error."""
        is_missing = isinstance(exception, (ProofRequired, ReauthenticationRequired))
        return proof.ask(request) if is_missing and request.user.is_authenticated else None


class SecondFactorMiddleware:
    """Lets accounts that need a second factor (`PORTAL_SECOND_FACTOR`) do nothing before they have one."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Return the redirect to where a factor is set up, `None` for everybody else and for the account's own pages."""
        if settings.SECOND_FACTOR == "optional" or request.path_info.startswith("/accounts/"):
            # Before the user is asked for, which takes two queries.
            return None
        if not isinstance(request.user, User) or not lacks_second_factor(request.user):
            return None
        messages.warning(
            request, "Your account needs a second factor before you go on. Set up an authenticator app or a passkey."
        )
        return redirect(reverse("mfa_index"))
