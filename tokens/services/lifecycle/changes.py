"""Editing, enabling, disabling and deleting a token."""

from datetime import datetime
from typing import Any

from django.db import transaction

from tokens.domain.dates import format_timestamp
from tokens.domain.policies.comparing import allows_more
from tokens.domain.policies.policy import Policy
from tokens.models import SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle.issuing import Draft, check_draft


@transaction.atomic
def edit_token(token: SecurityToken, draft: Draft, *, actor: Actor, now: datetime) -> SecurityToken:
    """Change name, description and policy, from the next request on. Without a change there is no audit entry.

    The entry has `became_wider` if the token may do anything that it could not do before: published clients drop restrictions
    that they do not know when they read a policy, change it and write it back.

    Raises:
        PolicyError: if the draft is invalid, with every problem.
        ProofRequired: if the token becomes wider and the actor must first prove who they are.
        SecurityToken.DoesNotExist: if the token has been deleted in the meantime.
    """
    locked = lock(token)
    before_policy = locked.read_policy()
    check_draft(draft, token_type=locked.token_type, owner=locked.owner, now=now, before=before_policy)
    before = _snapshot(locked)
    locked.name, locked.description, locked.policy = draft.name, draft.description, draft.policy.to_json()
    after = _snapshot(locked)
    changed = [key for key in after if after[key] != before[key]]
    if changed:
        locked.save(update_fields=changed)
        detail: dict[str, Any] = {
            "before": {key: before[key] for key in changed},
            "after": {key: after[key] for key in changed},
        }
        if "policy" in changed and allows_more(draft.policy, before_policy, locked.token_type):
            actor.require_proof()
            detail["became_wider"] = True
        audit.record(Action.EDITED, token=locked, actor=actor, at=now, **detail)
    return locked


def replace_policy(token: SecurityToken, policy: Policy, *, actor: Actor, now: datetime) -> SecurityToken:
    """Replace only the policy. Raises like `edit_token`."""
    return edit_token(token, Draft(name=token.name, description=token.description, policy=policy), actor=actor, now=now)


@transaction.atomic
def set_status(token: SecurityToken, status: SecurityToken.Status, *, actor: Actor, now: datetime) -> bool:
    """Enable or disable a token from the next request on. Return False, without an audit entry, if it has that status already.

    Raises:
        SecurityToken.DoesNotExist: if the token has been deleted in the meantime.
    """
    locked = lock(token)
    if locked.status == status:
        return False
    before = locked.status
    locked.status = status
    locked.save(update_fields=["status"])
    audit.record(Action.STATUS, token=locked, actor=actor, at=now, before=before, after=str(status))
    return True


@transaction.atomic
def delete_token(token: SecurityToken, *, actor: Actor, now: datetime) -> None:
    """Delete a token and its secrets. Its audit trail is kept.

    Raises:
        ProofRequired: if the actor must first prove who they are.
        SecurityToken.DoesNotExist: if the token has been deleted already.
    """
    actor.require_proof()
    locked = lock(token)
    last_used = format_timestamp(locked.last_used_at) if locked.last_used_at else None
    audit.record(
        Action.DELETED,
        token=locked,
        actor=actor,
        at=now,
        type=locked.type,
        name=locked.name,
        policy=locked.policy,
        last_used=last_used,
    )
    locked.delete()


def lock(token: SecurityToken) -> SecurityToken:
    """Return the token as it is now in the database, locked until the transaction ends.

    Raises:
        SecurityToken.DoesNotExist: if the token has been deleted.
    """
    return SecurityToken.objects.select_for_update(of=("self",)).select_related("owner").get(pk=token.pk)


def _snapshot(token: SecurityToken) -> dict[str, object]:
    return {"name": token.name, "description": token.description, "policy": token.policy}
