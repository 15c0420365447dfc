"""The account's tokens as a file: everything that the list and a token's page say of them, and never a private password."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tokens.domain.dates import format_timestamp, from_milliseconds
from tokens.models import SecurityToken
from tokens.presentation.token_object import token_object

COLUMNS = (
    "Token ID",
    "Token Type",
    "Name",
    "Description",
    "Status",
    "Policy",
    "Expires",
    "Created",
    "Last used",
    "Last used from",
    "Last used by",
)


def rows_of(tokens: Iterable[SecurityToken], now: datetime) -> Iterator[list[str]]:
    """Return the tokens as rows of `COLUMNS`; instants are UTC."""
    for token in tokens:
        use = token.last_use
        yield [
            token.token_id,
            token.type,
            token.name,
            token.description,
            token.state(now).value,
            json.dumps(token.policy, ensure_ascii=False),
            format_timestamp(from_milliseconds(token.not_after)) if token.not_after is not None else "",
            format_timestamp(token.created_at),
            format_timestamp(use.at) if use else "",
            use.address if use else "",
            use.client if use else "",
        ]


def objects_of(tokens: Iterable[SecurityToken], now: datetime) -> Iterator[dict[str, Any]]:
    """Return the tokens as the API's objects, with their last use."""
    for token in tokens:
        use = token.last_use
        last_use = {"at": format_timestamp(use.at), "address": use.address, "client": use.client} if use else None
        yield token_object(token, now=now, lastUse=last_use)
