"""What the holder of a User token does to the account's tokens through the API: the page's acts, bounded by the holder."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from tokens.domain.authorization import delegation as rules
from tokens.domain.errors import NotPermitted, PolicyError, Problem
from tokens.domain.outcomes import Denied
from tokens.domain.policies.merging import PolicyChange
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle import changes, issuing
from tokens.services.lifecycle.issuing import Draft, Issued

_LONGEST_TOKEN_ID = 64


@dataclass(frozen=True, slots=True)
class Holder:
    """The token that signed a request, as far as its own powers go."""

    token_pk: int
    owner_pk: int
    token_id: str
    policy: Policy
    actor: Actor


class DelegationDenied(NotPermitted):
    """The holder's own limits stand against it; `denied` tells which."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(denied.rule, denied.message)
        self.denied = denied


def visible_tokens(holder: Holder) -> QuerySet[SecurityToken]:
    """Return the tokens that the holder may see, newest first: the account's, or only itself where it is restricted."""
    tokens = SecurityToken.objects.filter(owner_id=holder.owner_pk).order_by("-created_at", "-pk")
    return tokens.filter(pk=holder.token_pk) if rules.refuse_change(holder.policy) else tokens


def issue(holder: Holder, token_type: TokenType, draft: Draft, *, now: datetime) -> Issued:
    """Make a token of the holder's account, no stronger than the holder.

    Raises:
        DelegationDenied: the holder may not make it.
        PolicyError: the draft is refused.
    """
    _insist(rules.refuse_change(holder.policy) or rules.refuse_new(holder.policy, draft.policy))
    owner = User.objects.get(pk=holder.owner_pk)
    return issuing.issue_token(owner=owner, token_type=token_type, draft=draft, actor=holder.actor, now=now)


@transaction.atomic
def describe(holder: Holder, token_id: str, *, name: str | None, description: str | None, now: datetime) -> SecurityToken:
    """Change name and description; `None` keeps what is. Raises like `replace_policy`."""
    token = _open(holder, token_id)
    draft = Draft(
        name=token.name if name is None else name,
        description=token.description if description is None else description,
        policy=_readable_policy(token),
    )
    return changes.edit_token(token, draft, actor=holder.actor, now=now)


@transaction.atomic
def replace_policy(holder: Holder, token_id: str, policy: Policy, *, now: datetime) -> SecurityToken:
    """Replace a token's policy.

    Raises:
        DelegationDenied: the holder may not do this.
        PolicyError: the policy is refused, or the stored one cannot be merged into.
        SecurityToken.DoesNotExist: the account has no such token.
    """
    return _set_policy(holder, _open(holder, token_id), policy, now)


@transaction.atomic
def merge_policy(holder: Holder, token_id: str, change: PolicyChange, *, now: datetime) -> SecurityToken:
    """Merge a change into a token's policy. Raises like `replace_policy`."""
    token = _open(holder, token_id)
    return _set_policy(holder, token, change.apply_to(_readable_policy(token)), now)


def _set_policy(holder: Holder, token: SecurityToken, after: Policy, now: datetime) -> SecurityToken:
    before = token.read_policy()
    # A stored policy that cannot be read allows nothing, so what takes its place is judged like a new token's.
    _insist(rules.refuse_new(holder.policy, after) if before is None else rules.refuse_raise(holder.policy, before, after))
    return changes.replace_policy(token, after, actor=holder.actor, now=now)


def _readable_policy(token: SecurityToken) -> Policy:
    policy = token.read_policy()
    if policy is None:
        # To go on from an empty policy would turn "allows nothing" into "allows everything".
        raise PolicyError([Problem("policy", "The stored policy cannot be read. Replace it as a whole (PUT) first.")])
    return policy


@transaction.atomic
def set_status(holder: Holder, token_id: str, status: SecurityToken.Status, *, now: datetime) -> SecurityToken:
    """Enable or disable a token. Raises like `replace_policy`."""
    token = _open(holder, token_id)
    if status == SecurityToken.Status.ACTIVE and token.status != status:
        _insist(rules.refuse_enabling(holder.policy, token.read_policy() or Policy()))
    changes.set_status(token, status, actor=holder.actor, now=now)
    token.refresh_from_db()
    return token


@transaction.atomic
def delete(holder: Holder, token_id: str, *, now: datetime) -> None:
    """Delete a token for good. Raises like `replace_policy`."""
    changes.delete_token(_open(holder, token_id), actor=holder.actor, now=now)


def _open(holder: Holder, token_id: str) -> SecurityToken:
    """Return one of the account's tokens, locked, for a holder who may change it."""
    _insist(rules.refuse_change(holder.policy) or rules.refuse_itself(holder.token_id, token_id))
    # What no identifier can be is not asked for: PostgreSQL refuses a NUL in a text.
    if not token_id.isprintable() or len(token_id) > _LONGEST_TOKEN_ID:
        raise SecurityToken.DoesNotExist
    # Looked up among the account's tokens: a foreign identifier is as unknown as one that does not exist.
    return changes.lock(SecurityToken.objects.get(owner_id=holder.owner_pk, token_id=token_id))


def _insist(denied: Denied | None) -> None:
    if denied is not None:
        raise DelegationDenied(denied)
