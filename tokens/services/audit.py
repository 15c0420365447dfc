"""The audit trail: who did what, when and from where. An entry is written in the transaction of the change it describes."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from accounts.models import User
from tokens.domain.signing.requests import SignedRequest
from tokens.models import MAX_ACTOR_LENGTH, MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH, AuditEvent, SecurityToken
from tokens.services.mails.outbox import queue_account_event, queue_event


class Action(StrEnum):
    """The kinds of entries. The value is stored; `label` is shown to people."""

    CREATED = "token.created"
    IMPORTED = "token.imported"
    SHOWN = "token.shown"
    EDITED = "token.edited"
    STATUS = "token.status"
    ROTATED = "token.rotated"
    SECRET_ENDED = "token.secret_ended"  # noqa: S105 -- a name, no secret
    DELETED = "token.deleted"
    REPORTED = "token.reported"
    KEY_REFRESHED = "token.key_refreshed"
    KEY_HANDED_OUT = "token.key_handed_out"
    SECRETS_EXPORTED = "account.secrets_exported"
    KEYS_RENEWED = "vault.reencrypted"
    REFUSED = "request.refused"
    HANDED_OVER = "request.handed_over"
    NODE_SAVED = "node.saved"
    NODE_REMOVED = "node.removed"
    ACCOUNT_SAVED = "account.saved"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_FAILED = "account.sign_in_failed"
    SIGNED_OUT = "account.signed_out"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 -- a name, no secret
    PASSWORD_RESET = "account.password_reset"  # noqa: S105 -- a name, no secret
    EMAIL_CHANGED = "account.email_changed"
    FACTOR_ADDED = "account.factor_added"
    FACTOR_REMOVED = "account.factor_removed"
    FACTOR_RENEWED = "account.factor_renewed"
    RECOVERY_CODE_USED = "account.recovery_code_used"
    SESSION_ENDED = "account.session_ended"
    MAILS_CHOSEN = "account.mails_chosen"

    @property
    def label(self) -> str:
        """A short description of the action."""
        return _LABELS[self]


_LABELS = {
    Action.CREATED: "Created",
    Action.IMPORTED: "Imported",
    Action.SHOWN: "Private password shown",
    Action.EDITED: "Edited",
    Action.STATUS: "Status changed",
    Action.ROTATED: "Rotated",
    Action.SECRET_ENDED: "Old private password ended",
    Action.DELETED: "Deleted",
    Action.REPORTED: "Reported as leaked",
    Action.KEY_REFRESHED: "Signing key refreshed",
    Action.KEY_HANDED_OUT: "Signing key issued",
    Action.SECRETS_EXPORTED: "Private passwords exported",
    Action.KEYS_RENEWED: "Secrets re-encrypted",
    Action.REFUSED: "Request refused",
    Action.HANDED_OVER: "Identity shown to a third party",
    Action.NODE_SAVED: "Node saved",
    Action.NODE_REMOVED: "Node removed",
    Action.ACCOUNT_SAVED: "Account saved",
    Action.SIGNED_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Sign-in failed",
    Action.SIGNED_OUT: "Signed out",
    Action.PASSWORD_CHANGED: "Password changed",
    Action.PASSWORD_RESET: "Password reset",
    Action.EMAIL_CHANGED: "Email address changed",
    Action.FACTOR_ADDED: "Second factor added",
    Action.FACTOR_REMOVED: "Second factor removed",
    Action.FACTOR_RENEWED: "New recovery codes",
    Action.RECOVERY_CODE_USED: "Recovery code used",
    Action.SESSION_ENDED: "Session ended",
    Action.MAILS_CHOSEN: "Mails chosen",
}


_LENGTHS = (("label", MAX_ACTOR_LENGTH), ("address", MAX_ADDRESS_LENGTH), ("client", MAX_CLIENT_LENGTH))


class ProofRequired(Exception):
    """The actor must first prove again who they are (SPEC, "Promises")."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person in a browser, a token through the API, or a command.

    The text fields are cut to the lengths that the database stores, so a long `User-Agent` cannot fail a request.

    Attributes:
        label: what the audit trail shows ("alice@example.org", "token Zx81…", "command (root)"), also after the user is deleted.
        user: the account that acts, if it is one.
        address: the client's IP address.
        client: the client's `User-Agent`.
        is_proved: False if a person may have left the browser to somebody else: they must prove who they are before some acts.
            A token proves itself with each signature, and a command runs where its user could do all of it anyway.
    """

    label: str
    user: User | None = None
    address: str = ""
    client: str = ""
    is_proved: bool = True

    def require_proof(self) -> None:
        """Refuse what only somebody may do who has just proved who they are.

        Raises:
            ProofRequired: if the proof is missing or too old.
        """
        if not self.is_proved:
            raise ProofRequired

    def __post_init__(self) -> None:
        """Cut the texts, where they are too long."""
        # Hardly any is, and every request that is allowed makes an actor.
        if len(self.label) > MAX_ACTOR_LENGTH or len(self.address) > MAX_ADDRESS_LENGTH or len(self.client) > MAX_CLIENT_LENGTH:
            for name, longest in _LENGTHS:
                object.__setattr__(self, name, getattr(self, name)[:longest])


def describe_action(event: AuditEvent) -> str:
    """Return what happened in a few words: the action's label, and whether a change of policy made the token wider."""
    try:
        label = Action(event.action).label
    except ValueError:
        return event.action
    is_wider = isinstance(event.detail, Mapping) and event.detail.get("became_wider")
    return f"{label}, became wider" if is_wider else label


def token_actor(token_id: str, request: SignedRequest) -> Actor:
    """Return the actor of a request that a token has signed."""
    return Actor(label=f"token {token_id}", address=request.address, client=request.client)


def third_party_actor(token_id: str, request: SignedRequest) -> Actor:
    """Return the actor of a request that a token has signed and that somebody else sends."""
    return Actor(label=f"third party, for token {token_id}", address=request.address, client=request.client)


def command_actor() -> Actor:
    """Return the actor of a `manage.py` command, with the user of the operating system that runs it."""
    try:
        # From the process itself, because anybody can set environment variables such as LOGNAME.
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return Actor(label=f"command ({name})")


def record(
    action: Action,
    *,
    actor: Actor,
    at: datetime,
    token: SecurityToken | None = None,
    owner: User | None = None,
    **detail: Any,
) -> AuditEvent:
    """Write one entry.

    Args:
        action: what happened.
        actor: who did it.
        at: when.
        token: the token that was changed or used, if any; its owner is the entry's owner.
        owner: the account that the entry belongs to, if there is no token.
        **detail: anything else to keep, as JSON (the values before and after, for example); never a secret.
    """
    event = AuditEvent.objects.create(**_fields(action, actor, at, token, owner, detail))
    if token is not None:
        queue_event(event, token)
    elif owner is not None:
        queue_account_event(event, owner)
    return event


def make_entry(
    action: Action,
    *,
    actor: Actor,
    at: datetime,
    token: SecurityToken | None = None,
    owner: User | None = None,
    **detail: Any,
) -> AuditEvent:
    """Return an entry that is not stored yet, for whoever stores many at once. The arguments are those of `record`."""
    return AuditEvent(**_fields(action, actor, at, token, owner, detail))


def _fields(
    action: Action, actor: Actor, at: datetime, token: SecurityToken | None, owner: User | None, detail: dict[str, Any]
) -> dict[str, Any]:
    return {
        "at": at,
        "action": action.value,
        "token_id": token.token_id if token else "",
        "owner_id": token.owner_id if token else getattr(owner, "pk", None),
        "actor": actor.user,
        "actor_label": actor.label,
        "address": actor.address,
        "client": actor.client,
        "detail": detail,
    }
