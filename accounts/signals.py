"""Writes sign-ins and changes of accounts to the audit trail, when Django and django-allauth tell of them."""

from typing import Any

from allauth.account import signals
from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.services import record_failed_sign_in
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.web.actors import address_of, client_of


@receiver(signals.user_logged_in)
def _record_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    _record(Action.SIGNED_IN, request, user)


@receiver(signals.user_logged_out)
def _record_sign_out(request: HttpRequest, user: User, **_: Any) -> None:
    _record(Action.SIGNED_OUT, request, user)


@receiver([signals.password_changed, signals.password_set])
def _record_password(request: HttpRequest, user: User, **_: Any) -> None:
    _record(Action.PASSWORD_CHANGED, request, user)


@receiver(signals.password_reset)
def _record_reset(request: HttpRequest, user: User, **_: Any) -> None:
    _record(Action.PASSWORD_RESET, request, user)


@receiver(signals.email_changed)
def _record_primary_address(request: HttpRequest, user: User, to_email_address: Any, **_: Any) -> None:
    _record(Action.EMAIL_CHANGED, request, user, primary=to_email_address.email)


@receiver(signals.email_added)
def _record_new_address(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    _record(Action.EMAIL_CHANGED, request, user, added=email_address.email)


@receiver(signals.email_removed)
def _record_removed_address(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    _record(Action.EMAIL_CHANGED, request, user, removed=email_address.email)


@receiver(user_login_failed)
def _record_failure(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # Nothing is kept of what was typed but the address of an account that exists.
    email = str(credentials.get("email") or credentials.get("username") or "")
    if request is None or not email:
        return
    actor = Actor(label="somebody who tried to sign in", address=address_of(request), client=client_of(request))
    record_failed_sign_in(email, actor=actor, now=timezone.now())


def _record(action: Action, request: HttpRequest, user: User, **detail: Any) -> None:
    actor = Actor(label=user.email, user=user, address=address_of(request), client=client_of(request))
    audit.record(action, owner=user, actor=actor, at=timezone.now(), **detail)
