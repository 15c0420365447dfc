"""Makes rows for tests. Set only what matters; the rest is made up."""

from datetime import datetime
from typing import Any

import factory
from django.utils import timezone

from accounts.models import User
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import LastUse, Node, SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle.changes import set_status
from tokens.services.lifecycle.issuing import Draft, Issued, issue_token

PASSWORD = "correct horse battery staple"  # not a private password of a token


class UserFactory(factory.django.DjangoModelFactory):
    """An account that can sign in with `PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"owner{number}@example.org")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(kwargs.pop("email"), kwargs.pop("password", PASSWORD), **kwargs)


class NodeFactory(factory.django.DjangoModelFactory):
    """A node; its owner is made up if none is given."""

    class Meta:
        model = Node

    node_id = factory.Sequence(lambda number: 1000 + number)
    name = factory.Sequence(lambda number: f"Roof {number}")
    owner = factory.SubFactory(UserFactory)


def issue(
    owner: User | None = None,
    *,
    type: TokenType = TokenType.DATA,  # noqa: A002 -- the model's own word
    name: str = "",
    description: str = "",
    policy: Policy | None = None,
    now: datetime | None = None,
    disabled: bool = False,
) -> Issued:
    """Issue a token by the service that the page uses; the result has the secret in the clear.

    For an expired token, pass `now` in the past and a policy that ends after it.
    """
    owner = owner or UserFactory()
    now = now or timezone.now()
    actor = Actor(label=owner.email, user=owner)
    draft = Draft(name=name, description=description, policy=policy or Policy())
    issued = issue_token(owner=owner, token_type=type, draft=draft, actor=actor, now=now)
    if disabled:
        set_status(issued.token, SecurityToken.Status.DISABLED, actor=actor, now=now)
        issued.token.refresh_from_db()
    return issued


def token(owner: User | None = None, **kwargs: Any) -> SecurityToken:
    """Issue a token and return its row."""
    return issue(owner, **kwargs).token


def note_use(token: SecurityToken, *, at: datetime, **fields: Any) -> None:
    """Let a token have been used last at an instant."""
    LastUse.objects.filter(token=token).update(at=at, **fields)
