"""The one look at a secret (SPEC, "The secret is shown once")."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tokens import conf
from tokens.models import Reveal, SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor


@dataclass(frozen=True, slots=True)
class Revealed:
    """A token with its secret in the clear, for the one page that shows it."""

    token: SecurityToken
    value: str = field(repr=False)


def prepare(secret: TokenSecret, *, session_key: str, now: datetime) -> None:
    """Allow the session that asked for a secret one look at it."""
    Reveal.objects.create(secret=secret, session_hash=_hash(session_key), created_at=now)


def is_waiting(token: SecurityToken, *, session_key: str, now: datetime) -> bool:
    """True where this session still may look: for HEAD requests and prefetches, which use nothing up."""
    return _unseen(token, session_key, now).exists()


@transaction.atomic
def claim(token: SecurityToken, *, session_key: str, actor: Actor, now: datetime) -> Revealed | None:
    """Use up the one look at a token's newest secret; `None` for whoever has no right to it, or comes second or late."""
    waiting = _unseen(token, session_key, now).select_related("secret").first()
    # A single UPDATE decides, so two tabs at the same instant cannot both win.
    if waiting is None or not Reveal.objects.filter(pk=waiting.pk, seen_at=None).update(seen_at=now):
        return None
    value = conf.get_vault().open(bytes(waiting.secret.sealed), token_id=token.token_id)
    audit.record(Action.SHOWN, token=token, actor=actor, at=now)
    return Revealed(token=token, value=value)


def _unseen(token: SecurityToken, session_key: str, now: datetime) -> QuerySet[Reveal]:
    return Reveal.objects.filter(
        secret__token=token,
        secret__ends_at=None,
        session_hash=_hash(session_key),
        seen_at=None,
        created_at__gt=now - conf.REVEAL_WINDOW,
    )


def _hash(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()
