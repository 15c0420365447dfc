"""What administrators do with accounts, and owners with their own.

Accounts are never deleted. An inactive one cannot sign in, and none of its tokens works.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as StoredSession
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import User
from accounts.security.second_factors import describe
from tokens.domain.errors import NotPermitted
from tokens.models import AuditEvent
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.mails.collecting import network_of

_REPEAT_INTERVAL = timedelta(minutes=1)
_SIGN_INS_COMPARED = 200
_BATCH = 500


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
def record_failed_sign_in(email: str, *, actor: Actor, now: datetime, factor: str = "") -> None:
    """Write to the audit trail of an account, if there is one, that somebody failed to sign in to it.

    The same again from one address within a minute only raises the count of its entry.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        return
    detail: dict[str, Any] = {"factor": factor} if factor else {}
    recent = AuditEvent.objects.filter(
        owner=user, action=Action.SIGN_IN_FAILED.value, address=actor.address, at__gt=now - _REPEAT_INTERVAL, detail=detail
    )
    newest = recent.order_by("-at").first()
    if newest is None:
        audit.record(Action.SIGN_IN_FAILED, owner=user, actor=actor, at=now, **detail)
        return
    AuditEvent.objects.filter(pk=newest.pk).update(count=F("count") + 1)


@transaction.atomic
def remove_second_factors(user: User, *, actor: Actor, now: datetime) -> bool:
    """Remove an account's second factors, for an owner who has lost them. Without any there is no audit entry.

    Raises:
        ProofRequired: if the actor must first prove who they are.
    """
    factors = list(Authenticator.objects.filter(user=user).order_by("pk"))
    if not factors:
        return False
    actor.require_proof()
    for factor in factors:
        audit.record(Action.FACTOR_REMOVED, owner=user, actor=actor, at=now, factor=describe(factor))
        factor.delete()
    return True


class Session(NamedTuple):
    """Where an account is signed in. `is_this` says that the session is the one that asks."""

    pk: int
    ip: str
    client: str
    since: datetime
    seen_at: datetime
    is_this: bool


def find_sessions(user: User, this: str) -> list[Session]:
    """Return the sessions of an account that still live, those seen last first; `this` is the stored key of the one that asks."""
    found = UserSession.objects.purge_and_list(user)
    rows = [Session(one.pk, one.ip, one.user_agent, one.created_at, one.last_seen_at, one.session_key == this) for one in found]
    return sorted(rows, key=lambda row: (row.is_this, row.seen_at), reverse=True)


@transaction.atomic
def end_sessions(user: User, sessions: Sequence[Session], *, actor: Actor, now: datetime) -> None:
    """End sessions of an account, from the next request on. Without any there is no audit entry."""
    ended = list(UserSession.objects.filter(user=user, pk__in=[session.pk for session in sessions]))
    for session in ended:
        session.end()
    if ended:
        where = sorted({session.ip for session in ended})
        audit.record(Action.SESSION_ENDED, owner=user, actor=actor, at=now, count=len(ended), addresses=where)


@transaction.atomic
def drop_old_sessions(now: datetime) -> int:
    """Delete sessions that are over, a bounded number of them, and what is kept of where they were; return how many."""
    over = list(StoredSession.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:_BATCH])
    StoredSession.objects.filter(pk__in=over).delete()
    # Those of who has signed out as well.
    lives = StoredSession.objects.filter(session_key=OuterRef("session_key"))
    gone = UserSession.objects.filter(~Exists(lives)).values_list("pk", flat=True)[:_BATCH]
    UserSession.objects.filter(pk__in=list(gone)).delete()
    return len(over)


def is_new_place(user: User, address: str, client: str) -> bool:
    """Return whether a sign-in comes from a network or a browser that signed in to the account never before.

    The version of a browser does not count, nor do addresses within a network. An account's first sign-in is nothing new.
    """
    known = list(_sign_ins(user).values_list("address", "client")[:_SIGN_INS_COMPARED])
    if not known:
        return False
    networks, browsers = {network_of(one) for one, _ in known}, {_family(one) for _, one in known}
    return network_of(address) not in networks or _family(client) not in browsers


def find_reset(user: User) -> datetime | None:
    """Return the last sign-in before the password was reset, `None` if it was not reset since."""
    last = _sign_ins(user).first()
    if last is None:
        return None
    resets = AuditEvent.objects.filter(owner=user, action=Action.PASSWORD_RESET.value, at__gte=last.at)
    return last.at if resets.exists() else None


def is_address_taken(email: str, *, excluding: User) -> bool:
    """Return True if an email address belongs to another account."""
    others = EmailAddress.objects.filter(email__iexact=email).exclude(user_id=excluding.pk)
    return bool(others.exists()) or User.objects.filter(email__iexact=email).exclude(pk=excluding.pk).exists()


def _sign_ins(user: User) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(owner=user, action=Action.SIGNED_IN.value).order_by("-at", "-pk")


def _family(client: str) -> str:
    """Return a browser's `User-Agent` without its versions."""
    return re.sub(r"[\d._]+", "", client)


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
