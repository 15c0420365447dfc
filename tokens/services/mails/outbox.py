"""Putting mails where they wait to be sent: in the transaction of the change, so that there is never one without the other."""

from datetime import datetime
from typing import Any

from tokens.models import MAX_KEY_LENGTH, AuditEvent, Mail, SecurityToken
from tokens.services.mails.kinds import Kind

# The audit trail's actions that an owner is told of.
_KINDS = {
    "token.created": Kind.CREATED,
    "token.rotated": Kind.ROTATED,
    "token.deleted": Kind.DELETED,
    "token.reported": Kind.REPORTED,
}


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


def queue_once(kind: Kind, token: SecurityToken, key: str, *, now: datetime, **detail: Any) -> bool:
    """Queue a mail about a token, unless the same was queued before; returns whether it was not."""
    values = {"kind": kind.value, "detail": {**_about(token), **detail}, "created_at": now}
    _, is_new = Mail.objects.get_or_create(owner_id=token.owner_id, key=f"{kind}:{key}"[:MAX_KEY_LENGTH], defaults=values)
    return is_new


def _about(token: SecurityToken) -> dict[str, Any]:
    return {"token_id": token.token_id, "name": token.display_name, "type": token.type}
