"""Sealing every secret with the newest key, so that an older one can leave the ring (SPEC, "Credentials")."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tokens import conf
from tokens.domain.errors import UnknownKey
from tokens.models import TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor

BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some secrets: how many were sealed anew, how many were current, and the tokens whose secret stays shut."""

    renewed: int
    current: int
    shut: tuple[str, ...]


def reencrypt_all(*, actor: Actor, now: datetime, batch_size: int = BATCH_SIZE) -> Iterator[Batch]:
    """Seal all secrets with the newest key, a transaction a batch.

    It may be stopped at any time and started again: what is sealed with the newest key is left alone. A secret that no key of
    the ring opens is reported and stays as it is.

    Args:
        actor: who asks, for the audit trail.
        now: the instant of the act.
        batch_size: how many secrets a transaction holds.
    """
    last_pk = 0
    while True:
        last_pk, batch = _reencrypt_batch(last_pk, batch_size, actor, now)
        if batch is None:
            return
        yield batch


@transaction.atomic
def _reencrypt_batch(after: int, size: int, actor: Actor, now: datetime) -> tuple[int, Batch | None]:
    """Do the secrets that follow a primary key; return the last one's key, and `None` where none is left."""
    rows = TokenSecret.objects.filter(pk__gt=after).order_by("pk").select_related("token")
    # Locked, so that a rotation at the same time cannot end a secret and see it come back.
    secrets = list(rows.select_for_update(of=("self",)).only("pk", "sealed", "token__token_id")[:size])
    if not secrets:
        return after, None
    vault = conf.get_vault()
    old = [secret for secret in secrets if not vault.is_current(bytes(secret.sealed))]
    shut = tuple(secret.token.token_id for secret in old if not _reseal(secret))
    renewed = len(old) - len(shut)
    if renewed:
        audit.record(Action.KEYS_RENEWED, actor=actor, at=now, renewed=renewed, shut=len(shut))
    return secrets[-1].pk, Batch(renewed=renewed, current=len(secrets) - len(old), shut=shut)


def _reseal(secret: TokenSecret) -> bool:
    """Seal one secret with the newest key; False where none of the ring opens it."""
    vault, token_id = conf.get_vault(), secret.token.token_id
    try:
        value = vault.open(bytes(secret.sealed), token_id=token_id)
    except UnknownKey:
        return False
    TokenSecret.objects.filter(pk=secret.pk).update(sealed=vault.seal(value, token_id=token_id))
    return True
