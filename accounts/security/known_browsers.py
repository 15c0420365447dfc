"""Browsers and addresses from which an account was signed in to: what others get wrong does not lock them out."""

import secrets
from datetime import timedelta

from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from tokens.models import AuditEvent
from tokens.services.audit import Action

_LASTS = timedelta(days=180)
_SALT = "accounts.known-browser"


def remember(response: HttpResponse, user: User) -> None:
    """Let a browser be known for an account in which it has just signed in."""
    value = signing.dumps([user.pk, secrets.token_urlsafe(12)], salt=_SALT)
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        value,
        max_age=_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def find_mark(request: HttpRequest, email: str, address: str) -> str:
    """Return what tells a known browser or address of an account from all others, "" for those."""
    # The same queries, whether there is such an account or not.
    user_pk = next((user.pk for user in filter_users_by_email(email)), 0)
    try:
        cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
        known, mark = signing.loads(cookie, salt=_SALT, max_age=_LASTS)
    except (signing.BadSignature, TypeError, ValueError):
        known, mark = None, ""
    sign_ins = AuditEvent.objects.filter(owner_id=user_pk, action=Action.SIGNED_IN.value, address=address)
    is_known_address = sign_ins.filter(at__gt=timezone.now() - _LASTS).exists()
    if known == user_pk:
        return f"browser {mark}"
    return f"address {address}" if is_known_address else ""
