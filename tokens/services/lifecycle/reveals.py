"""Showing a secret once (SPEC, "The secret is shown once")."""

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
    """A token with its secret in plain text, for the one page that shows it."""

    token: SecurityToken
    value: str = field(repr=False)


def prepare(secret: TokenSecret, *, session_key: str, now: datetime) -> None:
    """Allow a session to see a secret once."""
    Reveal.objects.create(secret=secret, session_hash=_hash(session_key), created_at=now)


def is_waiting(token: SecurityToken, *, session_key: str, now: datetime) -> bool:
    """Return True if this session may still see the secret. Does not count as seeing it, for HEAD requests and prefetches."""
    return _unseen(token, session_key, now).exists()


@transaction.atomic
def claim(token: SecurityToken, *, session_key: str, actor: Actor, now: datetime) -> Revealed | None:
    """Return a token's newest secret, or `None` if this session may not see it, has seen it already, or is too late."""
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
