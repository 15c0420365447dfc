"""Writes sign-ins and changes of accounts to the audit trail, when Django and django-allauth tell of them."""

from typing import Any

from allauth.account import signals
from allauth.mfa import signals as mfa_signals
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.security import proof
from accounts.security.second_factors import describe
from accounts.security.sessions import stored_key
from accounts.services import is_new_place, record_failed_sign_in
from tokens.domain.secrets.credentials import redact
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.web.actors import address_of, client_of


@receiver(user_logged_in)
def _note_proof(request: HttpRequest, user: User, **_: Any) -> None:
    proof.note_sign_in(request, user)


@receiver(signals.user_logged_in)
def _record_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    address, client = address_of(request), client_of(request)
    _record(Action.SIGNED_IN, request, user, **({"is_new": True} if is_new_place(user, address, client) else {}))


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
def _record_primary_address(
    request: HttpRequest, user: User, to_email_address: Any, from_email_address: Any = None, **_: Any
) -> None:
    before = {"before": from_email_address.email} if from_email_address else {}
    _record(Action.EMAIL_CHANGED, request, user, primary=to_email_address.email, **before)


@receiver(signals.email_added)
def _record_new_address(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    _record(Action.EMAIL_CHANGED, request, user, added=email_address.email)


@receiver(signals.email_removed)
def _record_removed_address(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    _record(Action.EMAIL_CHANGED, request, user, removed=email_address.email)


@receiver(mfa_signals.authenticator_added)
def _record_added_factor(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _record(Action.FACTOR_ADDED, request, user, factor=describe(authenticator))


@receiver(mfa_signals.authenticator_removed)
def _record_removed_factor(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _record(Action.FACTOR_REMOVED, request, user, factor=describe(authenticator))


@receiver(mfa_signals.authenticator_reset)
def _record_renewed_factor(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _record(Action.FACTOR_RENEWED, request, user, factor=describe(authenticator))


@receiver(mfa_signals.authenticator_used)
def _record_used_code(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    # That an app or a passkey signed in is the sign-in's own entry. A recovery code is there for when those are lost.
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        authenticator.refresh_from_db()
        left = len(authenticator.wrap().get_unused_codes())
        _record(Action.RECOVERY_CODE_USED, request, user, factor=f"recovery code; {left} left")


@receiver(mfa_signals.authentication_failed)
def _record_wrong_code(request: HttpRequest, user: User, **_: Any) -> None:
    actor = Actor(label="somebody who knows the password", address=address_of(request), client=client_of(request))
    record_failed_sign_in(user.email, actor=actor, now=timezone.now(), factor="second factor")


@receiver(pre_save, sender=UserSession)
def _hash_key(instance: Any, **_: Any) -> None:
    # django-allauth's list of sessions is in the same database as the sessions, which hold no cookie either.
    instance.session_key = stored_key(instance.session_key)
    # What a client sends by mistake is not kept there.
    instance.user_agent = redact(instance.user_agent)


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
