"""The configuration of django-allauth that settings cannot express."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User
from accounts.security import known_browsers
from accounts.services import find_reset
from tokens.domain.dates import format_day
from tokens.web.actors import address_of

_PROOFS = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code of your app, or a recovery code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Keeps sign-up closed unless `PORTAL_SIGNUP` is set, and slows down who guesses passwords without locking owners out."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return True if `PORTAL_SIGNUP` is set."""
        return bool(settings.SIGNUP_OPEN)

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether an address is a page of this portal. What cannot be read is none."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse another try after too many, with the status that says so."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            raise ImmediateHttpResponse(respond_429(request)) from error

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # What is counted together. A known browser's tries are counted apart from those of everybody else.
        mark = known_browsers.find_mark(request, str(credentials.get("email", "")), address_of(request))
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{mark}"

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to prove who one is, in the pages' words."""
        methods = super().get_reauthentication_methods(user)
        return [{**method, "description": _PROOFS.get(method["id"], method["description"])} for method in methods]

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Take the address of an account that an operator has made as confirmed: only who signs up has to confirm it."""
        if not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """After a reset of the password, lead to what happened since the last good sign-in; know the browser from now on."""
        since = find_reset(user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if since is not None:
            text = f"Your password was reset. Check what happened since your last sign-in on {format_day(since)}."
            messages.warning(request, text)
            response["Location"] = f"{reverse('tokens:activity')}?since={since:%Y-%m-%d}"
        known_browsers.remember(response, user)
        return response

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: `manage.py send_notices` tells owners of changes to their account, so that no request waits for it."""
