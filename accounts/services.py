"""An administrator's acts on accounts.

Accounts are not deleted: one that is not active cannot sign in, and none of its tokens works.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User
from tokens.domain.errors import NotPermitted
from tokens.services import audit
from tokens.services.audit import Action, Actor


@transaction.atomic
def save_account(user: User, *, actor: Actor, now: datetime) -> None:
    """Save a new or a changed account. No change, no audit entry.

    Raises:
        NotPermitted: administrators would shut themselves out.
        User.DoesNotExist: the account is gone.
    """
    before = _described(User.objects.select_for_update().get(pk=user.pk)) if user.pk else None
    after = _described(user)
    if before and user == actor.user and not (user.is_active and user.is_staff and user.is_superuser):
        raise NotPermitted("account", "You cannot take your own rights away. Ask another administrator.")
    if after == before:
        return
    user.save()
    if before is None or before["email"] != after["email"]:
        _settle_addresses(user)
    audit.record(Action.ACCOUNT_SAVED, owner=user, actor=actor, at=now, before=before, after=after)


def note_password(user: User, *, actor: Actor, now: datetime) -> None:
    """Write to the audit trail that an administrator has set an account's password; call it in the transaction that did."""
    audit.record(Action.ACCOUNT_SAVED, owner=user, actor=actor, at=now, changed=["password"], email=user.email)


def is_address_taken(email: str, *, by_other_than: User) -> bool:
    """Tell whether an e-mail address signs in to another account."""
    others = EmailAddress.objects.filter(email__iexact=email).exclude(user_id=by_other_than.pk)
    return bool(others.exists()) or User.objects.filter(email__iexact=email).exclude(pk=by_other_than.pk).exists()


def _settle_addresses(user: User) -> None:
    """Let the account's e-mail be the only address that signs in to it: an old one must not go on opening it."""
    EmailAddress.objects.filter(user_id=user.pk).delete()
    EmailAddress.objects.create(user_id=user.pk, email=user.email, primary=True, verified=True)


def _described(user: User) -> dict[str, object]:
    return {"email": user.email, "active": user.is_active, "staff": user.is_staff, "superuser": user.is_superuser}
