"""Finding an account's tokens through the API, with a page's rows and their total number in one statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tokens.domain.states import has_expired
from tokens.models import SecurityToken
from tokens.services.signed_requests.delegation import Holder, sees_only_itself
from tokens.services.signed_requests.driver import Row, fetch_all, read_instant, vendor

# Written by hand: the ORM takes ten times as long to write the two queries of a call as the database to answer them.
_FIND = """
SELECT token_id, owner_id, type, status, name, description, {policy}, not_after, created_at,
       (SELECT COUNT(*) FROM tokens_securitytoken WHERE {where})
FROM tokens_securitytoken
WHERE {where}
ORDER BY created_at DESC, id DESC
LIMIT %s OFFSET %s
"""
_COUNT = "SELECT COUNT(*) FROM tokens_securitytoken WHERE {where}"
_POLICY = {"sqlite": "policy", "postgresql": "policy::text"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What to find; `None` is "any"."""

    status: SecurityToken.Status | None = None
    types: Sequence[str] | None = None
    token_ids: Sequence[str] | None = None


class FoundToken(NamedTuple):
    """What the API tells of a token, by the names of the model."""

    token_id: str
    owner_id: int
    type: str
    status: str
    name: str
    description: str
    policy: dict[str, Any]
    not_after: int | None
    created_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """True after the last instant at which the token works."""
        return has_expired(self.not_after, now)


class Found(NamedTuple):
    """A page of tokens, newest first, and how many there are in all."""

    tokens: list[FoundToken]
    total: int


def find_tokens(holder: Holder, filters: Filters, *, offset: int, limit: int) -> Found:
    """Find tokens that the holder may see: all of the account, or only itself if API Paths restrict it.

    Args:
        holder: the token that asks.
        filters: which of them.
        offset: how many to skip.
        limit: how many to return, at least one.
    """
    where, values = _condition(holder, filters)
    query = _FIND.format(where=where, policy=_POLICY[vendor()])
    rows = fetch_all(query, [*values, *values, limit, offset])
    if rows:
        return Found([_read(row) for row in rows], rows[0][-1])
    # Behind the last one there is no row to carry the number.
    ((total,),) = fetch_all(_COUNT.format(where=where), values)
    return Found([], total)


def _read(row: Row) -> FoundToken:
    *texts, policy, not_after, created_at, _ = row
    return FoundToken._make([*texts, json.loads(policy), not_after, read_instant(created_at)])


def _condition(holder: Holder, filters: Filters) -> tuple[str, list[object]]:
    """Return the condition with a mark for each value, and the values."""
    conditions: dict[str, Sequence[object]] = {"owner_id": [holder.owner_pk]}
    if sees_only_itself(holder):
        conditions["id"] = [holder.token_pk]
    if filters.status is not None:
        conditions["status"] = [filters.status.value]
    if filters.types is not None:
        conditions["type"] = filters.types
    if filters.token_ids is not None:
        conditions["token_id"] = filters.token_ids
    where = " AND ".join(_is_one_of(column, values) for column, values in conditions.items())
    return where, [value for values in conditions.values() for value in values]


def _is_one_of(column: str, values: Sequence[object]) -> str:
    if not values:
        return "1 = 0"
    return f"{column} IN ({', '.join(['%s'] * len(values))})" if len(values) > 1 else f"{column} = %s"
