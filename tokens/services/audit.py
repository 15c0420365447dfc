"""The audit trail: who did what, when, from where. Written in the transaction of the act that it tells of."""

import os
import pwd
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from accounts.models import User
from tokens.models import AuditEvent, SecurityToken

_LABEL_LENGTH = 254
_CLIENT_LENGTH = 200
_ADDRESS_LENGTH = 64


class Action(StrEnum):
    """What can happen. The value is stored; `label` is what people read."""

    CREATED = "token.created"
    SHOWN = "token.shown"
    EDITED = "token.edited"
    STATUS = "token.status"
    ROTATED = "token.rotated"
    SECRET_ENDED = "token.secret_ended"  # noqa: S105 -- a name, no secret
    DELETED = "token.deleted"
    KEY_REFRESHED = "token.key_refreshed"
    KEYS_RENEWED = "vault.reencrypted"
    REFUSED = "request.refused"
    NODE_SAVED = "node.saved"
    NODE_REMOVED = "node.removed"
    ACCOUNT_SAVED = "account.saved"

    @property
    def label(self) -> str:
        """The action in a few words."""
        return _LABELS[self]


_LABELS = {
    Action.CREATED: "Created",
    Action.SHOWN: "Private password shown",
    Action.EDITED: "Edited",
    Action.STATUS: "Status changed",
    Action.ROTATED: "Rotated",
    Action.SECRET_ENDED: "Old private password ended",
    Action.DELETED: "Deleted",
    Action.KEY_REFRESHED: "Signing key refreshed",
    Action.KEYS_RENEWED: "Secrets re-encrypted",
    Action.REFUSED: "Request refused",
    Action.NODE_SAVED: "Node saved",
    Action.NODE_REMOVED: "Node removed",
    Action.ACCOUNT_SAVED: "Account saved",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person in a browser, a token by the API, or a command.

    `label` is kept for good ("alice@example.org", "token Zx81…", "command"); `address` and `client` say from where.
    """

    label: str
    user: User | None = None
    address: str = ""
    client: str = ""


def command_actor() -> Actor:
    """Return the actor of a `manage.py` command, with the user of the operating system that runs it."""
    try:
        # By the process's own user: environment variables such as LOGNAME are anybody's to set.
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
    """Write one entry; `detail` is JSON (before and after, a rule, a choice) and never holds a secret."""
    return AuditEvent.objects.create(
        at=at,
        action=action.value,
        token_id=token.token_id if token else "",
        owner_id=token.owner_id if token else getattr(owner, "pk", None),
        actor=actor.user,
        actor_label=actor.label[:_LABEL_LENGTH],
        address=actor.address[:_ADDRESS_LENGTH],
        client=actor.client[:_CLIENT_LENGTH],
        detail=detail,
    )
