"""A token as SolarNetwork's JSON, for the API and the commands, and what a token is told about itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tokens.domain.dates import format_timestamp, to_milliseconds
from tokens.domain.policies.wording.sentences import sentence
from tokens.models import SecurityToken, TokenSecret
from tokens.services.signed_requests.delegation import Holder
from tokens.services.signed_requests.finding import FoundToken


def token_object(token: SecurityToken | FoundToken, *, now: datetime, **more: object) -> dict[str, Any]:
    """Return a token in the form that SolarNetwork's API has (SPEC, "HTTP API").

    Args:
        token: the token.
        now: the instant for which `expired` is determined.
        **more: further keys.
    """
    return {
        "id": token.token_id,
        "created": format_timestamp(token.created_at),
        "userId": token.owner_id,
        "name": token.name,
        "description": token.description,
        "status": token.status,
        "type": token.type,
        "expired": token.is_expired(now),
        "policy": token.policy,
        **more,
    }


def identity_object(holder: Holder, old_secrets: Iterable[TokenSecret], *, signed_with: int) -> dict[str, Any]:
    """Return what a token is told about itself. Nothing of its owner but the account's number: any holder may hand it on.

    Args:
        holder: the token that signed.
        old_secrets: the token's secrets that a rotation has replaced and that still work.
        signed_with: the key of the secret that signed (`Judgement.secret_reference`).
    """
    return {
        "id": holder.token_id,
        "type": holder.token_type.value,
        "userId": holder.owner_pk,
        "policy": holder.policy.to_json(),
        "sentence": sentence(holder.token_type, holder.policy),
        "notAfter": holder.policy.not_after,
        "oldSecrets": [_old_secret_object(secret, signed_with) for secret in old_secrets],
    }


def _old_secret_object(secret: TokenSecret, signed_with: int) -> dict[str, Any]:
    return {
        "endsAt": to_milliseconds(secret.ends_at) if secret.ends_at else None,
        "endsWithFirstUse": secret.ends_with_successor,
        "signedThisRequest": secret.pk == signed_with,
    }
