"""Issuing a token."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from tokens import conf, metrics
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import Policy, check_applicable, check_not_past
from tokens.domain.policies.table import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, TokenType
from tokens.domain.secrets.credentials import has_secret, make_secret, make_token_id
from tokens.domain.text import find_problem
from tokens.models import Node, SecurityToken, TokenSecret
from tokens.services import audit, keys
from tokens.services.audit import Action, Actor

_MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token with its secret in plain text, for the one response that may contain it."""

    token: SecurityToken
    secret: TokenSecret
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """The editable part of a token: its name, description and policy."""

    name: str = ""
    description: str = ""
    policy: Policy = field(default_factory=Policy)


def issue_token(
    *, owner: User, token_type: TokenType, draft: Draft, actor: Actor, now: datetime, creation_key: str | None = None
) -> Issued:
    """Create a token with its first secret.

    Args:
        owner: the account that the token belongs to.
        token_type: User or Data.
        draft: name, description and policy.
        actor: for the audit trail.
        now: the instant of creation.
        creation_key: a key that is unique for each rendered form, so that a form that is sent twice creates one token.

    Raises:
        PolicyError: if the draft is invalid, with every problem.
        AlreadyIssued: if `creation_key` has created a token before.
        ProofRequired: if the actor must first prove who they are.
    """
    check_draft(draft, token_type=token_type, owner=owner, now=now)
    actor.require_proof()
    for attempt in range(_MAX_ATTEMPTS):
        try:
            return _issue(owner, token_type, draft, actor, now, creation_key)
        except IntegrityError:
            issued = find_issued(owner, creation_key)
            if issued is not None:
                raise AlreadyIssued(issued) from None
            # Otherwise the new identifier exists already, which happens once in 62^20 attempts.
            if attempt == _MAX_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


class AlreadyIssued(Exception):
    """The same form has created a token already; `token` is that one."""

    def __init__(self, token: SecurityToken) -> None:
        super().__init__("This form has already created a token.")
        self.token = token


def find_issued(owner: User, creation_key: str | None) -> SecurityToken | None:
    """Return the token that was created with a form's key, or `None`."""
    if not creation_key:
        return None
    return SecurityToken.objects.filter(owner=owner, creation_key=creation_key).first()


@transaction.atomic
def _issue(owner: User, token_type: TokenType, draft: Draft, actor: Actor, now: datetime, creation_key: str | None) -> Issued:
    token = SecurityToken.objects.create(
        token_id=make_token_id(),
        owner=owner,
        type=token_type.value,
        name=draft.name,
        description=draft.description,
        policy=draft.policy.to_json(),
        created_at=now,
        creation_key=creation_key or None,
    )
    secret, value = add_secret(token, now)
    audit.record(
        Action.CREATED,
        token=token,
        actor=actor,
        at=now,
        type=token.type,
        name=token.name,
        description=token.description,
        policy=token.policy,
    )
    return Issued(token=token, secret=secret, value=value)


def add_secret(token: SecurityToken, now: datetime) -> tuple[TokenSecret, str]:
    """Create a new current secret for a token; return its row and its plain text."""
    value = make_secret()
    sealed = keys.require_keys().seal(value, token_id=token.token_id)
    fingerprint = conf.get_fingerprinter().make(value)
    metrics.note_secret("issued")
    return TokenSecret.objects.create(token=token, sealed=sealed, fingerprint=fingerprint, created_at=now), value


def check_draft(draft: Draft, *, token_type: TokenType, owner: User, now: datetime, before: Policy | None = None) -> None:
    """Validate a draft.

    Args:
        draft: what is to be saved.
        token_type: of the token.
        owner: of the token.
        now: the instant of the change.
        before: the policy that the draft replaces. An expiry in the past and a node that has left the account may stay as they
            are, because neither grants access.

    Raises:
        PolicyError: if it is invalid, with every problem.
    """
    problems: list[Problem] = []
    problems += _text_problems("name", "Name", draft.name, MAX_NAME_LENGTH)
    problems += _text_problems("description", "Description", draft.description, MAX_DESCRIPTION_LENGTH)
    problems += find_secrets(draft.name, draft.description, draft.policy)
    checks: list[Callable[[], None]] = [lambda: check_applicable(draft.policy, token_type)]
    if before is None or before.not_after != draft.policy.not_after:
        checks.append(lambda: check_not_past(draft.policy, now))
    for check in checks:
        try:
            check()
        except PolicyError as error:
            problems += error.problems
    problems += _node_problems(draft.policy, owner, (before and before.node_ids) or ())
    if problems:
        raise PolicyError(problems)


def find_secrets(name: str, description: str, policy: Policy) -> list[Problem]:
    """Return a problem for each field with a private password in it, which lists, mails and the activity would show."""
    texts = {"name": [name], "description": [description]}
    for row in policy.set_restrictions():
        if row.is_list:
            texts[row.json_key] = list(map(str, getattr(policy, row.attribute)))
    message = "There is a private password in it, which would be shown to whoever sees this token. Remove it."
    return [Problem(field, message) for field, values in texts.items() if any(map(has_secret, values))]


def _text_problems(field_name: str, label: str, text: str, limit: int) -> list[Problem]:
    if len(text) > limit:
        return [Problem(field_name, f"{label} has {len(text):,} characters; the limit is {limit}. Shorten it.")]
    if problem := find_problem(text, allowed="\n\r\t"):
        return [Problem(field_name, f"{label} {problem}. Type it again.")]
    return []


def _node_problems(policy: Policy, owner: User, known: Collection[int]) -> list[Problem]:
    if policy.node_ids is None:
        return []
    owned = set(Node.objects.filter(owner=owner, node_id__in=policy.node_ids).values_list("node_id", flat=True))
    # The same message for another account's node and for one that does not exist.
    return [
        Problem("nodeIds", f"Node {node} is not a node of this account. Choose from the account's nodes.", str(node))
        for node in policy.node_ids
        if node not in owned and node not in known
    ]
