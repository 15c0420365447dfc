"""Handing a signing key out to a token's owner (SPEC, "Signing keys")."""

from datetime import datetime

from django.db import transaction

from tokens import conf
from tokens.domain.errors import NotPermitted
from tokens.domain.signing.signing_keys import KeyKind, SigningKey, check_names_token, key_ends_at
from tokens.models import SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle.changes import lock


@transaction.atomic
def hand_out_key(token: SecurityToken, kind: KeyKind, *, actor: Actor, now: datetime) -> SigningKey:
    """Derive today's signing key from the newest secret of a token. Every way in which an owner gets a key leads through here.

    Refresh Allowed is not asked: it lets a program go on by itself, and this is the owner.

    Raises:
        NotPermitted: if no request of the token would be allowed, whatever key signs it.
        PolicyError: for `scheme`, if a signature of this kind cannot name the token.
        UnknownKey: if the secret cannot be opened.
        ProofRequired: if the actor must first prove who they are.
        SecurityToken.DoesNotExist: if the token has been deleted.
    """
    locked = lock(token)
    if obstacle := find_obstacle(locked, now):
        raise obstacle
    check_names_token(kind, locked.token_id)
    actor.require_proof()
    secret = TokenSecret.objects.get(token=locked, ends_at=None)
    value = conf.get_vault().open(bytes(secret.sealed), token_id=locked.token_id)
    today = now.date()
    audit.record(Action.KEY_HANDED_OUT, token=locked, actor=actor, at=now, date=today.isoformat(), scheme=kind.value)
    policy = locked.read_policy()
    ends_at = key_ends_at(today, policy.expires_at() if policy else None)
    return SigningKey(kind, locked.token_id, today, ends_at, kind.derive(value, today))


def find_obstacle(token: SecurityToken, now: datetime) -> NotPermitted | None:
    """Return why a token gets no signing key now, and what to do about it."""
    state = token.state(now)
    if state.is_expired:
        return NotPermitted("notAfter", "The token is expired, so no key can sign for it. Give it a later expiry date first.")
    if state.is_disabled:
        return NotPermitted("status", "The token is disabled, so no key can sign for it. Enable it first.")
    if token.read_policy() is None:
        message = "The stored policy of the token cannot be read, so every request is refused. Set a new policy first."
        return NotPermitted("policy", message)
    if not TokenSecret.objects.filter(token=token, ends_at=None).exists():
        return NotPermitted("secret", "No private password of the token works, so there is no key. Rotate the token first.")
    return None
