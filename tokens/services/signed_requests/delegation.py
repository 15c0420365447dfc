"""Changes to an account's tokens through the API: the same as on the pages, limited by the policy of the token that signs."""

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
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.models import SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle import changes, issuing
from tokens.services.lifecycle.issuing import Draft, Issued


@dataclass(frozen=True, slots=True)
class Holder:
    """The token that signed a request, with the policy that limits it."""

    token_pk: int
    owner_pk: int
    token_id: str
    token_type: TokenType
    policy: Policy
    actor: Actor


class DelegationDenied(NotPermitted):
    """The holder's policy does not allow the change; `denied` has the reason."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(denied.rule, denied.message)
        self.denied = denied


def visible_tokens(holder: Holder) -> QuerySet[SecurityToken]:
    """Return the tokens that the holder may see, newest first: all of the account, or only itself if API Paths restrict it."""
    tokens = SecurityToken.objects.filter(owner_id=holder.owner_pk).order_by("-created_at", "-pk")
    return tokens.filter(pk=holder.token_pk) if sees_only_itself(holder) else tokens


def sees_only_itself(holder: Holder) -> bool:
    """True if the holder's API Paths keep the account's other tokens from it."""
    return rules.refuse_change(holder.policy) is not None


def issue(holder: Holder, token_type: TokenType, draft: Draft, *, now: datetime) -> Issued:
    """Issue a token of the holder's account.

    Raises:
        DelegationDenied: if the token would be stronger than the holder.
        PolicyError: if the draft is invalid.
    """
    _raise_if_denied(rules.refuse_change(holder.policy) or rules.refuse_new(holder.policy, draft.policy))
    owner = User.objects.get(pk=holder.owner_pk)
    return issuing.issue_token(owner=owner, token_type=token_type, draft=draft, actor=holder.actor, now=now)


@transaction.atomic
def describe(holder: Holder, token_id: str, *, name: str | None, description: str | None, now: datetime) -> SecurityToken:
    """Change name and description; `None` leaves it unchanged. Raises like `replace_policy`."""
    token = _lock_token(holder, token_id)
    draft = Draft(
        name=token.name if name is None else name,
        description=token.description if description is None else description,
        policy=_get_policy(token),
    )
    return changes.edit_token(token, draft, actor=holder.actor, now=now)


@transaction.atomic
def replace_policy(holder: Holder, token_id: str, policy: Policy, *, now: datetime) -> SecurityToken:
    """Replace a token's policy.

    Raises:
        DelegationDenied: if the holder may not do this.
        PolicyError: if the policy is invalid, or must be merged into a stored policy that is invalid.
        SecurityToken.DoesNotExist: if the account has no such token.
    """
    return _set_policy(holder, _lock_token(holder, token_id), policy, now)


@transaction.atomic
def merge_policy(holder: Holder, token_id: str, change: PolicyChange, *, now: datetime) -> SecurityToken:
    """Merge a change into a token's policy. Raises like `replace_policy`."""
    token = _lock_token(holder, token_id)
    return _set_policy(holder, token, change.apply_to(_get_policy(token)), now)


def _set_policy(holder: Holder, token: SecurityToken, after: Policy, now: datetime) -> SecurityToken:
    before = token.read_policy()
    # An invalid stored policy allows nothing, so its replacement must meet the rules for a new token.
    _raise_if_denied(
        rules.refuse_new(holder.policy, after) if before is None else rules.refuse_raise(holder.policy, before, after)
    )
    return changes.replace_policy(token, after, actor=holder.actor, now=now)


def _get_policy(token: SecurityToken) -> Policy:
    policy = token.read_policy()
    if policy is None:
        # An empty policy instead would turn "allows nothing" into "allows everything".
        raise PolicyError([Problem("policy", "The stored policy cannot be read. Replace it as a whole (PUT) first.")])
    return policy


@transaction.atomic
def set_status(holder: Holder, token_id: str, status: SecurityToken.Status, *, now: datetime) -> SecurityToken:
    """Enable or disable a token. Raises like `replace_policy`."""
    token = _lock_token(holder, token_id)
    if status == SecurityToken.Status.ACTIVE and token.status != status:
        _raise_if_denied(rules.refuse_enabling(holder.policy, token.read_policy() or Policy()))
    changes.set_status(token, status, actor=holder.actor, now=now)
    token.refresh_from_db()
    return token


@transaction.atomic
def delete(holder: Holder, token_id: str, *, now: datetime) -> None:
    """Delete a token. Raises like `replace_policy`."""
    changes.delete_token(_lock_token(holder, token_id), actor=holder.actor, now=now)


def _lock_token(holder: Holder, token_id: str) -> SecurityToken:
    """Return one of the account's tokens, locked, if the holder may change it."""
    _raise_if_denied(rules.refuse_change(holder.policy) or rules.refuse_itself(holder.token_id, token_id))
    # Not looked up, because PostgreSQL raises an error for a NUL character.
    if not token_id.isprintable() or len(token_id) > MAX_TOKEN_ID_LENGTH:
        raise SecurityToken.DoesNotExist
    # Another account's token is as unknown as one that does not exist.
    return changes.lock(SecurityToken.objects.get(owner_id=holder.owner_pk, token_id=token_id))


def _raise_if_denied(denied: Denied | None) -> None:
    if denied is not None:
        raise DelegationDenied(denied)
