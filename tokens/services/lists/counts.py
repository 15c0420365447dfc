"""How many tokens of each kind an account has, for the counts above each section of the list."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

from accounts.models import User
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.services.lists.views import UNUSED_DAYS, Status, find_unused, in_status

# Counting stops here: what matters of a large number is that it is large.
MOST_COUNTED = 999


class Count(NamedTuple):
    """How many tokens a filter leaves, and the filter as the list's address has it."""

    label: str
    parameter: str
    value: str
    number: int

    @property
    def text(self) -> str:
        """The number for people."""
        return f"{MOST_COUNTED}+" if self.number > MOST_COUNTED else str(self.number)


def count_tokens(owner: User, now: datetime) -> dict[TokenType, list[Count]]:
    """Count an account's tokens of each type by what an owner looks for, with one query; what there is none of is left out."""
    kinds = [(token_type, kind) for token_type in TokenType for kind in find_kinds(owner, token_type, now)]
    queries = [kind.found.values("pk")[: MOST_COUNTED + 1].query.sql_with_params() for _, kind in kinds]
    counts = [f"(SELECT COUNT(*) FROM ({sql}) t{place})" for place, (sql, _) in enumerate(queries)]  # noqa: S608 -- Django's SQL
    # Where the list itself is read from: it may be a replica.
    with connections[SecurityToken.objects.db].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", [value for _, values in queries for value in values])
        numbers = cursor.fetchone()
    found: dict[TokenType, list[Count]] = {token_type: [] for token_type in TokenType}
    for (token_type, kind), number in zip(kinds, numbers, strict=True):
        if number:
            found[token_type].append(Count(kind.label, kind.parameter, kind.value, number))
    return found


class Kind(NamedTuple):
    """What tokens are counted by: a filter, as the list's address has it."""

    label: str
    parameter: str
    value: str
    # A row for each token of the kind.
    found: QuerySet[Any]


def find_kinds(owner: User, token_type: TokenType, now: datetime) -> list[Kind]:
    """Return what an account's tokens of one type are counted by."""
    tokens = SecurityToken.objects.filter(owner=owner).of_type(token_type).order_by()
    return [
        Kind("Active", "status", "active", tokens.filter(in_status(Status.ACTIVE, now))),
        Kind("Expiring", "status", "expiring", tokens.filter(in_status(Status.EXPIRING, now))),
        Kind("Unused", "unused", str(UNUSED_DAYS), find_unused(owner, token_type, UNUSED_DAYS, now)),
        Kind("Unrestricted", "unrestricted", "1", tokens.filter(is_unrestricted=True)),
        Kind("Disabled", "status", "disabled", tokens.filter(in_status(Status.DISABLED, now))),
        Kind("Expired", "status", "expired", tokens.filter(in_status(Status.EXPIRED, now))),
    ]
