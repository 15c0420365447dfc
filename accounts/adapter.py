"""How django-allauth treats the portal's accounts."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Keeps sign-up shut unless a setting opens it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """True where `PORTAL_SIGNUP` opens it."""
        return bool(settings.SIGNUP_OPEN)
