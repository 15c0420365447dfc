"""Handing out tokens for another system, with their private passwords where that is asked for."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from accounts.models import User
from tokens import conf
from tokens.domain.errors import UnknownKey
from tokens.models import SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor

_BATCH = 400


class SecretsShut(Exception):
    """No key of the ring opens the private password of a token."""


def stored_tokens(owner: User | None) -> Iterator[list[SecurityToken]]:
    """Yield an account's tokens, or everybody's, in batches, the oldest first."""
    tokens = SecurityToken.objects.select_related("owner", "stored_use").order_by("pk")
    if owner is not None:
        tokens = tokens.filter(owner=owner)
    last = 0
    while batch := list(tokens.filter(pk__gt=last)[:_BATCH]):
        yield batch
        last = batch[-1].pk


def open_secrets(tokens: list[SecurityToken]) -> dict[int, str]:
    """Return the current private passwords of tokens in the clear, by the tokens' keys. Some tokens have none.

    Raises:
        SecretsShut: names the token that the ring does not open.
    """
    vault = conf.get_vault()
    names = {token.pk: token.token_id for token in tokens}
    rows = TokenSecret.objects.filter(token__in=names, ends_at=None).values_list("token__pk", "sealed")
    opened: dict[int, str] = {}
    for token_pk, sealed in rows:
        try:
            opened[token_pk] = vault.open(bytes(sealed), token_id=names[token_pk])
        except UnknownKey as error:
            message = f"No key of the ring opens the private password of {names[token_pk]}. Nothing was exported."
            raise SecretsShut(message) from error
    return opened


@transaction.atomic
def record_export(owner: User | None, *, actor: Actor, now: datetime) -> None:
    """Write into each account's audit trail that private passwords are handed out, before they are.

    Raises:
        ProofRequired: if the actor must first prove who they are.
    """
    actor.require_proof()
    accounts = User.objects.annotate(count=Count("tokens")).filter(count__gt=0)
    if owner is not None:
        accounts = accounts.filter(pk=owner.pk)
    for account in accounts.iterator():
        audit.record(Action.SECRETS_EXPORTED, owner=account, actor=actor, at=now, count=account.count)
