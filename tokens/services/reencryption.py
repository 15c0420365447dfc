"""Re-encrypts every secret with the newest key, so that older keys can be removed (SPEC, "Credentials")."""

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
    """The result of one batch: the number of secrets re-encrypted and already current, and the tokens whose secret has no key."""

    renewed: int
    current: int
    failed: tuple[str, ...]


def reencrypt_all(*, actor: Actor, now: datetime, batch_size: int = BATCH_SIZE) -> Iterator[Batch]:
    """Re-encrypt all secrets with the newest key, one transaction for each batch.

    It can be interrupted and run again: secrets that have the newest key are skipped. A secret that no key decrypts is reported
    and left unchanged.

    Args:
        actor: for the audit trail.
        now: for the audit trail.
        batch_size: the number of secrets in a transaction.
    """
    last_pk = 0
    while True:
        last_pk, batch = _reencrypt_batch(last_pk, batch_size, actor, now)
        if batch is None:
            return
        yield batch


def count_secrets() -> int:
    """Return how many secrets there are to look at."""
    return TokenSecret.objects.count()


@transaction.atomic
def _reencrypt_batch(after: int, size: int, actor: Actor, now: datetime) -> tuple[int, Batch | None]:
    """Re-encrypt the secrets after a primary key; return the last one's primary key, and `None` if there were none."""
    rows = TokenSecret.objects.filter(pk__gt=after).order_by("pk").select_related("token")
    # Locked, so that a concurrent rotation cannot delete one of them in between.
    secrets = list(rows.select_for_update(of=("self",)).only("pk", "sealed", "fingerprint", "token__token_id")[:size])
    if not secrets:
        return after, None
    vault = conf.get_vault()
    old = [secret for secret in secrets if not vault.is_current(bytes(secret.sealed)) or not secret.fingerprint]
    failed = tuple(secret.token.token_id for secret in old if not _reencrypt(secret))
    renewed = len(old) - len(failed)
    if renewed:
        audit.record(Action.KEYS_RENEWED, actor=actor, at=now, renewed=renewed, shut=len(failed))
    return secrets[-1].pk, Batch(renewed=renewed, current=len(secrets) - len(old), failed=failed)


def _reencrypt(secret: TokenSecret) -> bool:
    """Re-encrypt one secret; return False if no key decrypts it."""
    vault, token_id = conf.get_vault(), secret.token.token_id
    try:
        value = vault.open(bytes(secret.sealed), token_id=token_id)
    except UnknownKey:
        return False
    TokenSecret.objects.filter(pk=secret.pk).update(
        sealed=vault.seal(value, token_id=token_id), fingerprint=conf.get_fingerprinter().make(value)
    )
    return True
