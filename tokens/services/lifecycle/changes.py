"""The rest of a token's life: edit, enable and disable, delete."""

from datetime import datetime

from django.db import transaction

from tokens.domain.policies.policy import Policy
from tokens.models import SecurityToken
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle.issuing import Draft, check_draft


@transaction.atomic
def edit_token(token: SecurityToken, draft: Draft, *, actor: Actor, now: datetime) -> SecurityToken:
    """Change name, description and policy; holds from the next request on. No change, no audit entry.

    Raises:
        PolicyError: the draft is refused; every problem is listed.
        SecurityToken.DoesNotExist: the token was deleted meanwhile.
    """
    locked = lock(token)
    before_policy = locked.read_policy()
    check_draft(draft, token_type=locked.token_type, owner=locked.owner, now=now, before=before_policy)
    before = _described(locked)
    locked.name, locked.description, locked.policy = draft.name, draft.description, draft.policy.to_json()
    after = _described(locked)
    changed = [key for key in after if after[key] != before[key]]
    if changed:
        locked.save(update_fields=changed)
        audit.record(
            Action.EDITED,
            token=locked,
            actor=actor,
            at=now,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
        )
    return locked


def replace_policy(token: SecurityToken, policy: Policy, *, actor: Actor, now: datetime) -> SecurityToken:
    """Replace the policy alone. Raises like `edit_token`."""
    return edit_token(token, Draft(name=token.name, description=token.description, policy=policy), actor=actor, now=now)


@transaction.atomic
def set_status(token: SecurityToken, status: SecurityToken.Status, *, actor: Actor, now: datetime) -> bool:
    """Enable or disable a token from the next request on. True where that changed something; no change, no entry.

    Raises:
        SecurityToken.DoesNotExist: the token was deleted meanwhile.
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
    """Delete a token and its secrets for good; the audit trail stays.

    Raises:
        SecurityToken.DoesNotExist: it was deleted before.
    """
    locked = lock(token)
    last_used = locked.last_used_at.isoformat() if locked.last_used_at else None
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
    """Return the token as it stands now, locked until the transaction ends.

    Raises:
        SecurityToken.DoesNotExist: the token is gone.
    """
    return SecurityToken.objects.select_for_update(of=("self",)).select_related("owner").get(pk=token.pk)


def _described(token: SecurityToken) -> dict[str, object]:
    return {"name": token.name, "description": token.description, "policy": token.policy}
