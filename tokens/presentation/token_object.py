"""A token as SolarNetwork's JSON, for the API and the commands."""

from datetime import datetime
from typing import Any

from tokens.domain.dates import format_timestamp
from tokens.models import SecurityToken


def token_object(token: SecurityToken, *, now: datetime, **more: object) -> dict[str, Any]:
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
