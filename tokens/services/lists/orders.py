"""The orders of the list, and what follows a row in one of them, found without counting what lies before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, OrderBy, Q, Subquery, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual

from accounts.models import User
from tokens.domain.dates import from_microseconds
from tokens.models import NEVER_USED, SecurityToken, SecurityTokenQuerySet
from tokens.models.columns import InstantField

NEWEST_FIRST = "-created"
_PK = F("pk")


class Place(NamedTuple):
    """Where a token stands in an order: by its value and, among those of one value, by its primary key.

    The value, as an integer, is that of the moment; `None` for a token that never expires or was never used, and for what only
    the owner changes, which the token itself is asked for.
    """

    value: int | None
    pk: int


@dataclass(frozen=True, slots=True)
class Column:
    """What tokens can be sorted by.

    Attributes:
        expression: the value in the database, as an index has it.
        pk: the token's primary key, as the same index has it.
        read: makes the value of the integer in a `Place`; `None` where the token itself is asked. It may raise `OverflowError`.
        never: the value of a token to which it has not happened.
        has_nulls: whether some have none in the database. They are after all others.
    """

    expression: F | Lower
    pk: F = _PK
    read: Callable[[int], int | datetime | Value] | None = None
    never: Value | None = None
    has_nulls: bool = False


def _read_use(microseconds: int) -> Value:
    # SQLite keeps this instant in a form of its own.
    return Value(from_microseconds(microseconds), output_field=InstantField())


# In the words of the list's address.
SORTS: dict[str, Column] = {
    "created": Column(F("created_at"), read=from_microseconds),
    "name": Column(Lower("name")),
    "description": Column(Lower("description")),
    "policy": Column(F("restriction_count")),
    "expires": Column(F("not_after"), read=int, has_nulls=True),
    "used": Column(
        F("stored_use__at"), pk=F("stored_use__token_id"), read=_read_use, never=Value(NEVER_USED, output_field=InstantField())
    ),
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order of an account's tokens. `sort` is a key of `SORTS`, with "-" before it for the other direction."""

    owner: User
    sort: str = NEWEST_FIRST

    @property
    def name(self) -> str:
        """What it is by: a key of `SORTS`."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the largest value is first."""
        return self.sort.startswith("-")

    @property
    def is_by_creation(self) -> bool:
        """Whether it is the list's own, which an index has for each filter, and in which hardly two tokens share a value."""
        return self.name == "created"

    @property
    def terms(self) -> list[OrderBy]:
        """What a query is ordered by."""
        return self._terms(is_descending=self.is_descending)

    def after(self, found: SecurityTokenQuerySet, place: Place) -> list[SecurityTokenQuerySet]:
        """Return which of some tokens follow a place: part after part, each of which an index has in its order."""
        return self._beyond(found, place, is_descending=self.is_descending)

    def before(self, found: SecurityTokenQuerySet, place: Place) -> list[SecurityTokenQuerySet]:
        """Return which of some tokens a place follows, the next of them first: part after part, as `after` does."""
        return self._beyond(found, place, is_descending=not self.is_descending)

    def _terms(self, *, is_descending: bool) -> list[OrderBy]:
        column = SORTS[self.name]
        # Databases differ in where they put nulls, unless they are told.
        nulls = {("nulls_first" if is_descending else "nulls_last"): True} if column.has_nulls else {}
        return [OrderBy(column.expression, descending=is_descending, **nulls), OrderBy(column.pk, descending=is_descending)]

    def _beyond(self, found: SecurityTokenQuerySet, place: Place, *, is_descending: bool) -> list[SecurityTokenQuerySet]:
        column = SORTS[self.name]
        expression = column.expression
        beyond, or_equal = (LessThan, LessThanOrEqual) if is_descending else (GreaterThan, GreaterThanOrEqual)
        is_next = Q(beyond(column.pk, place.pk))
        terms = self._terms(is_descending=is_descending)
        # Those of one value are in the order of their keys: not each database sees that the value is always the same.
        others, alike = found.order_by(*terms), found.order_by(terms[-1])
        without = alike.filter(IsNull(expression, True))
        if column.has_nulls and place.value is None:
            return [without.filter(is_next), *([others.filter(IsNull(expression, False))] if is_descending else [])]
        value = self._value(place)
        if value is None:
            return []
        if self.is_by_creation:
            # The first condition alone is one that an index answers.
            return [others.filter(Q(or_equal(expression, value)) & (Q(beyond(expression, value)) | is_next))]
        parts = [alike.filter(Q(Exact(expression, value)) & is_next), others.filter(beyond(expression, value))]
        return [*parts, without] if column.has_nulls and not is_descending else parts

    def _value(self, place: Place) -> int | datetime | Value | Subquery | None:
        """Return the value of a place, `None` if it is none of this order."""
        column = SORTS[self.name]
        if column.read is None:
            # Of the owner's own alone: where another's would stand is nobody's to know.
            token = SecurityToken.objects.filter(owner=self.owner, pk=place.pk).order_by()
            return Subquery(token.values_list(column.expression)[:1])
        try:
            return column.never if place.value is None else column.read(place.value)
        except OverflowError:
            return None
