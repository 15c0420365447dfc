"""An account's nodes: saved, handed to another account, removed. What a token may see follows with its next request."""

from datetime import datetime

from django.db import transaction

from tokens.models import Node
from tokens.services import audit
from tokens.services.audit import Action, Actor


@transaction.atomic
def save_node(node: Node, *, actor: Actor, now: datetime) -> None:
    """Save a new or a changed node; another owner is a transfer. No change, no audit entry.

    Raises:
        Node.DoesNotExist: it was removed meanwhile.
    """
    before = _described(Node.objects.select_for_update(of=("self",)).select_related("owner").get(pk=node.pk)) if node.pk else None
    after = _described(node)
    if after == before:
        return
    node.save()
    audit.record(Action.NODE_SAVED, owner=node.owner, actor=actor, at=now, before=before, after=after)


@transaction.atomic
def remove_node(node: Node, *, actor: Actor, now: datetime) -> None:
    """Remove a node; no token reaches it from its next request on.

    Raises:
        Node.DoesNotExist: it was removed before.
    """
    locked = Node.objects.select_for_update(of=("self",)).select_related("owner").get(pk=node.pk)
    audit.record(Action.NODE_REMOVED, owner=locked.owner, actor=actor, at=now, before=_described(locked))
    locked.delete()


def _described(node: Node) -> dict[str, object]:
    return {"node": node.node_id, "name": node.name, "owner": node.owner.email}
