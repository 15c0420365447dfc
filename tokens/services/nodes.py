"""Saving, transferring and removing nodes. A token's access to them changes with its next request."""

from datetime import datetime

from django.db import transaction

from tokens.models import Node
from tokens.services import audit
from tokens.services.audit import Action, Actor


@transaction.atomic
def save_node(node: Node, *, actor: Actor, now: datetime) -> None:
    """Save a new or changed node; a new owner is a transfer. Without a change there is no audit entry.

    Raises:
        Node.DoesNotExist: if it has been removed in the meantime.
    """
    before = _snapshot(Node.objects.select_for_update(of=("self",)).select_related("owner").get(pk=node.pk)) if node.pk else None
    after = _snapshot(node)
    if after == before:
        return
    node.save()
    audit.record(Action.NODE_SAVED, owner=node.owner, actor=actor, at=now, before=before, after=after)


@transaction.atomic
def remove_node(node: Node, *, actor: Actor, now: datetime) -> None:
    """Remove a node; no token can access it from its next request on.

    Raises:
        Node.DoesNotExist: if it has been removed already.
    """
    locked = Node.objects.select_for_update(of=("self",)).select_related("owner").get(pk=node.pk)
    audit.record(Action.NODE_REMOVED, owner=locked.owner, actor=actor, at=now, before=_snapshot(locked))
    locked.delete()


def _snapshot(node: Node) -> dict[str, object]:
    return {"node": node.node_id, "name": node.name, "owner": node.owner.email}
