"""Putting mails where they wait to be sent: in the transaction of the change, so that there is never one without the other."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from accounts.models import User
from tokens.models import MAX_KEY_LENGTH, AuditEvent, Mail, SecurityToken
from tokens.services.mails.kinds import Kind

# As many as SQLite takes in one query, with some to spare.
_BATCH = 400
# The audit trail's actions that an owner is told of.
_KINDS = {
    "token.created": Kind.CREATED,
    "token.rotated": Kind.ROTATED,
    "token.deleted": Kind.DELETED,
    "token.reported": Kind.REPORTED,
}
_ACCOUNT_KINDS = dict.fromkeys(
    (
        "account.password_changed",
        "account.password_reset",
        "account.email_changed",
        "account.factor_added",
        "account.factor_removed",
        "account.factor_renewed",
        "account.recovery_code_used",
        "account.secrets_exported",
    ),
    Kind.ACCOUNT,
)


def queue_event(event: AuditEvent, token: SecurityToken) -> None:
    """Queue the mail about an entry of the audit trail, if an owner is told of such."""
    kind = _KINDS.get(event.action)
    if event.action == "token.edited" and event.detail.get("became_wider"):
        kind = Kind.WIDENED
    if kind is None:
        return
    detail = {
        "who": event.actor_label,
        "address": event.address,
        "client": event.client,
        "at": event.at.isoformat(),
        **{name: event.detail[name] for name in ("found", "place", "disabled") if name in event.detail},
    }
    Mail.objects.create(
        owner_id=token.owner_id, kind=kind.value, key=f"event:{event.pk}", detail={**_about(token), **detail}, created_at=event.at
    )


def queue_account_event(event: AuditEvent, owner: User) -> None:
    """Queue the mail about an entry that is about the account itself, if its owner is told of such."""
    kind = _ACCOUNT_KINDS.get(event.action)
    if event.action == "account.signed_in" and event.detail.get("is_new"):
        kind = Kind.SIGNED_IN
    if kind is None:
        return
    detail = {
        "action": event.action,
        "who": event.actor_label,
        "address": event.address,
        "client": event.client,
        "at": event.at.isoformat(),
        **{
            name: event.detail[name]
            for name in ("count", "factor", "added", "removed", "primary", "before")
            if name in event.detail
        },
    }
    Mail.objects.create(owner=owner, kind=kind.value, key=f"event:{event.pk}", detail=detail, created_at=event.at)


class Due(NamedTuple):
    """A mail about a token that is due. `key` is the same for what is the same: its owner is told once."""

    kind: Kind
    token: SecurityToken
    key: str
    detail: dict[str, Any]


def queue_once(found: Iterable[Due], now: datetime) -> int:
    """Queue the mails that were not queued before, with two queries for 400 of them; returns how many there were."""
    rest = iter(found)
    count = 0
    while batch := list(islice(rest, _BATCH)):
        count += _queue_batch(batch, now)
    return count


def _queue_batch(batch: Sequence[Due], now: datetime) -> int:
    mails = {(mail.owner_id, mail.key): mail for mail in (_to_mail(due, now) for due in batch)}
    known = Mail.objects.filter(owner__in={owner for owner, _ in mails}, key__in=[key for _, key in mails])
    new = mails.keys() - set(known.values_list("owner_id", "key"))
    # Another process may be quicker; the database holds that each is there once.
    Mail.objects.bulk_create((mails[key] for key in sorted(new)), ignore_conflicts=True)
    return len(new)


def _to_mail(due: Due, now: datetime) -> Mail:
    key = f"{due.kind}:{due.key}"[:MAX_KEY_LENGTH]
    detail = {**_about(due.token), **due.detail}
    return Mail(owner_id=due.token.owner_id, kind=due.kind.value, key=key, detail=detail, created_at=now)


def _about(token: SecurityToken) -> dict[str, Any]:
    return {"token_id": token.token_id, "name": token.display_name, "type": token.type}
