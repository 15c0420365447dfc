"""The orders of lists, and what follows a row in one of them, found without counting what lies before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, OrderBy, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual

from accounts.models import User
from tokens.domain.dates import from_microseconds
from tokens.models import NEVER_USED
from tokens.models.columns import InstantField

Rows = QuerySet[Any, Any]
NEWEST_FIRST = "-created"
_PK = F("pk")


class Place(NamedTuple):
    """Where a row stands in an order: by its value and, among those of one value, by its primary key.

    The value, as an integer, is that of the moment; `None` for a token that never expires or was never used, and for what only
    the owner changes, which the row itself is asked for.
    """

    value: int | None
    pk: int


@dataclass(frozen=True, slots=True)
class Column:
    """What rows can be sorted by.

    Attributes:
        expression: the value in the database, as an index has it.
        pk: the row's primary key, as the same index has it.
        read: makes the value of the integer in a `Place`; `None` where the row itself is asked. It may raise `OverflowError`.
        never: the value of a row to which it has not happened.
        has_nulls: whether some have none in the database. They are after all others.
        is_main: whether an index has this order for each filter of the list, and hardly two rows share a value.
    """

    expression: F | Lower
    pk: F = _PK
    read: Callable[[int], int | datetime | Value] | None = None
    never: Value | None = None
    has_nulls: bool = False
    is_main: bool = False


def _read_use(microseconds: int) -> Value:
    # SQLite keeps this instant in a form of its own.
    return Value(from_microseconds(microseconds), output_field=InstantField())


# What tokens can be sorted by, in the words of the list's address.
SORTS: dict[str, Column] = {
    "created": Column(F("created_at"), read=from_microseconds, is_main=True),
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
    """An order of rows by a column. Where a column asks the row for its value, `owner` says whose alone may be asked."""

    column: Column
    is_descending: bool
    owner: User | None = None

    @property
    def terms(self) -> list[OrderBy]:
        """What a query is ordered by."""
        return self._terms(is_descending=self.is_descending)

    def after(self, found: Rows, place: Place) -> list[Rows]:
        """Return which of some rows follow a place: part after part, each of which an index has in its order."""
        return self._beyond(found, place, is_descending=self.is_descending)

    def before(self, found: Rows, place: Place) -> list[Rows]:
        """Return which of some rows a place follows, the next of them first: part after part, as `after` does."""
        return self._beyond(found, place, is_descending=not self.is_descending)

    def _terms(self, *, is_descending: bool) -> list[OrderBy]:
        column = self.column
        # Databases differ in where they put nulls, unless they are told.
        nulls = {("nulls_first" if is_descending else "nulls_last"): True} if column.has_nulls else {}
        return [OrderBy(column.expression, descending=is_descending, **nulls), OrderBy(column.pk, descending=is_descending)]

    def _beyond(self, found: Rows, place: Place, *, is_descending: bool) -> list[Rows]:
        column = self.column
        expression = column.expression
        beyond, or_equal = (LessThan, LessThanOrEqual) if is_descending else (GreaterThan, GreaterThanOrEqual)
        is_next = Q(beyond(column.pk, place.pk))
        terms = self._terms(is_descending=is_descending)
        # Those of one value are in the order of their keys: not each database sees that the value is always the same.
        others, alike = found.order_by(*terms), found.order_by(terms[-1])
        without = alike.filter(IsNull(expression, True))
        if column.has_nulls and place.value is None:
            return [without.filter(is_next), *([others.filter(IsNull(expression, False))] if is_descending else [])]
        value = self._value(found, place)
        if value is None:
            return []
        if column.is_main:
            # The first condition alone is one that an index answers.
            return [others.filter(Q(or_equal(expression, value)) & (Q(beyond(expression, value)) | is_next))]
        parts = [alike.filter(Q(Exact(expression, value)) & is_next), others.filter(beyond(expression, value))]
        return [*parts, without] if column.has_nulls and not is_descending else parts

    def _value(self, found: Rows, place: Place) -> int | datetime | Value | Subquery | None:
        """Return the value of a place, `None` if it is none of this order."""
        column = self.column
        if column.read is None:
            # Of the owner's own alone: where another's would stand is nobody's to know.
            row = found.model._default_manager.filter(owner=self.owner, pk=place.pk).order_by()
            return Subquery(row.values_list(column.expression)[:1])
        try:
            return column.never if place.value is None else column.read(place.value)
        except OverflowError:
            return None


def find_order(owner: User, sort: str) -> Order:
    """Return the order of an account's tokens by a key of `SORTS`, with "-" before it for the other way."""
    return Order(SORTS[sort.removeprefix("-")], sort.startswith("-"), owner)
