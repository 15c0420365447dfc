"""The configuration of django-allauth that settings cannot express."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Keeps sign-up closed unless `PORTAL_SIGNUP` is set."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return True if `PORTAL_SIGNUP` is set."""
        return bool(settings.SIGNUP_OPEN)
