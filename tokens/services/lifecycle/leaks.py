"""What a token did that may have leaked, and stopping it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from tokens.models import AuditEvent, SecurityToken
from tokens.services.audit import Action

_LOOK_BACK = timedelta(days=90)
_MOST_SHOWN = 50
# What a holder did without changing anything.
_NOT_CHANGES = (Action.REFUSED.value, Action.HANDED_OVER.value, Action.KEY_REFRESHED.value)


class Deeds(NamedTuple):
    """What the holder of a token did in the last 90 days: changes to the account's tokens, and keys that it fetched."""

    changes: list[AuditEvent]
    keys: list[AuditEvent]


def find_deeds(token: SecurityToken, now: datetime) -> Deeds:
    """Return what was done with a token's signature, newest first, with two queries."""
    done = AuditEvent.objects.filter(owner_id=token.owner_id, actor_label=f"token {token.token_id}", at__gt=now - _LOOK_BACK)
    done = done.order_by("-at", "-pk")
    changes = list(done.exclude(action__in=_NOT_CHANGES)[:_MOST_SHOWN])
    keys = list(done.filter(action=Action.KEY_REFRESHED.value)[:_MOST_SHOWN])
    return Deeds(changes, keys)
