"""What administrators do with accounts, and owners with their own.

Accounts are never deleted. An inactive one cannot sign in, and none of its tokens works.
"""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F

from accounts.models import User
from tokens.domain.errors import NotPermitted
from tokens.models import AuditEvent
from tokens.services import audit
from tokens.services.audit import Action, Actor

_REPEAT_INTERVAL = timedelta(minutes=1)


@transaction.atomic
def save_account(user: User, *, actor: Actor, now: datetime) -> None:
    """Save a new or changed account. Without a change there is no audit entry.

    Raises:
        NotPermitted: if administrators would remove their own permissions.
        User.DoesNotExist: if the account has been deleted.
    """
    before = _snapshot(User.objects.select_for_update().get(pk=user.pk)) if user.pk else None
    after = _snapshot(user)
    if before and user == actor.user and not all((user.is_active, user.is_staff, user.is_superuser)):
        raise NotPermitted("account", "You cannot remove your own rights. Ask another administrator.")
    if after == before:
        return
    user.save()
    if before is None or before["email"] != after["email"]:
        _replace_addresses(user)
    audit.record(Action.ACCOUNT_SAVED, owner=user, actor=actor, at=now, before=before, after=after)


@transaction.atomic
def set_service_url(user: User, url: str, *, actor: Actor, now: datetime) -> None:
    """Set where an account's data is, "" for the portal's own setting. Without a change there is no audit entry.

    Raises:
        User.DoesNotExist: if the account has been deleted.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    before = locked.service_url
    if before == url:
        return
    locked.service_url = url
    locked.save(update_fields=["service_url"])
    was, is_now = {"service_url": before}, {"service_url": url}
    audit.record(Action.ACCOUNT_SAVED, owner=locked, actor=actor, at=now, before=was, after=is_now)


def record_password_change(user: User, *, actor: Actor, now: datetime) -> None:
    """Write to the audit trail that an administrator has set a password; must be called in the same transaction."""
    audit.record(Action.ACCOUNT_SAVED, owner=user, actor=actor, at=now, changed=["password"], email=user.email)


@transaction.atomic
def record_failed_sign_in(email: str, *, actor: Actor, now: datetime) -> None:
    """Write to the audit trail of an account, if there is one, that somebody failed to sign in to it.

    The same again from one address within a minute only raises the count of its entry.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        return
    recent = AuditEvent.objects.filter(
        owner=user, action=Action.SIGN_IN_FAILED.value, address=actor.address, at__gt=now - _REPEAT_INTERVAL
    )
    newest = recent.order_by("-at").first()
    if newest is None:
        audit.record(Action.SIGN_IN_FAILED, owner=user, actor=actor, at=now)
        return
    AuditEvent.objects.filter(pk=newest.pk).update(count=F("count") + 1)


def is_address_taken(email: str, *, excluding: User) -> bool:
    """Return True if an email address belongs to another account."""
    others = EmailAddress.objects.filter(email__iexact=email).exclude(user_id=excluding.pk)
    return bool(others.exists()) or User.objects.filter(email__iexact=email).exclude(pk=excluding.pk).exists()


def _replace_addresses(user: User) -> None:
    """Make the account's email its only address, so that an old one can no longer sign in."""
    EmailAddress.objects.filter(user_id=user.pk).delete()
    EmailAddress.objects.create(user_id=user.pk, email=user.email, primary=True, verified=True)


def _snapshot(user: User) -> dict[str, object]:
    return {
        "email": user.email,
        "active": user.is_active,
        "staff": user.is_staff,
        "superuser": user.is_superuser,
        "service_url": user.service_url,
    }
