"""Pages of a list in URLs: their numbers, and the places that lead to the next one without counting what lies before it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from tokens.services.lists.orders import Order, Place, Rows

# Keeps the offset within the range of a database's integers.
_LAST_PAGE = 1_000_000
Sieve = Callable[[Any], Iterator[int]]
Select = Callable[[Any], Rows]
# Of what stands in a database.
_LARGEST = 2**63 - 1


def page_number(text: str) -> int:
    """Parse a page number; invalid text is the first page."""
    number = text.strip()
    if not (number.isascii() and number.isdigit()):
        return 1
    return max(1, int(number)) if len(number) <= len(str(_LAST_PAGE)) else _LAST_PAGE


def format_place(place: Place) -> str:
    """Return a place as an address has it: `<value>.<key>`, or `.<key>` where it has no value."""
    return f"{'' if place.value is None else place.value}.{place.pk}"


def parse_place(text: str) -> Place | None:
    """Parse a place from an address; `None` if it is none."""
    first, dot, second = text.partition(".")
    if not (dot and _is_number(second) and (not first or _is_number(first))):
        return None
    return Place(min(int(first), _LARGEST) if first else None, min(int(second), _LARGEST))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page is asked for: its number and, where a link led there, the row before or behind it."""

    number: int = 1
    after: Place | None = None
    before: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `has_newer` and `has_older` tell whether there are others."""

    rows: list[Any]
    number: int
    has_newer: bool
    has_older: bool


def load_page(found: Rows, order: Order, asked: Asked, size: int, select: Select = QuerySet.all) -> Page:
    """Load a page of what is found, which is in an order; `select` makes the query of its rows, if they are no models.

    A link names the row that its page follows, so that page 4,000 costs what page 2 does. A number alone, which one has typed
    or kept, is counted to from the nearer end. Where a page has no rows any more, it is the last one.
    """
    if asked.number == 1:
        return _first_page(found, order, size, select)
    if asked.after is not None:
        older = _load_parts(found, order, order.after(found, asked.after), size + 1, select)
        if older:
            return Page(older[:size], asked.number, has_newer=True, has_older=len(older) > size)
    elif asked.before is not None:
        newer = _load_parts(found.reverse(), order, order.before(found, asked.before), size + 1, select)
        if len(newer) > size:
            return Page(newer[size - 1 :: -1], asked.number, has_newer=True, has_older=True)
        # Fewer rows than a page has: new ones have come, or some are gone. That is the first page then.
        if newer:
            return _first_page(found, order, size, select)
    if order.column.is_main:
        return _counted_page(found, asked.number, size, select)
    return load_sorted_page(found, asked.number, size, select)


def load_sorted_page(found: Rows, number: int, size: int, select: Select = QuerySet.all) -> Page:
    """Load a page of what is found, in any order, by its number; `select` as in `load_page`.

    Where a page has no rows any more, it is the last one.
    """
    start = (number - 1) * size
    rows = _load_by_keys(found, found, slice(start, start + size + 1), select)
    if rows or number == 1:
        return Page(rows[:size], number, has_newer=number > 1, has_older=len(rows) > size)
    total = found.count()
    last = max(1, -(-total // size))
    rows = _load_by_keys(found, found.reverse(), slice(total - (last - 1) * size), select)
    return Page(rows, last, has_newer=last > 1, has_older=False)


def load_sieved_page(found: Rows, order: Order, sieve: Sieve, asked: Asked, size: int, select: Select = QuerySet.all) -> Page:
    """Load a page of what a sieve lets through: it yields keys in order, and is asked for no more than a page needs.

    Links lead to the neighbours of a page as in `load_page`; a number alone is counted to from the first row.
    """
    rows, number = found.model._default_manager.order_by(*found.query.order_by), asked.number

    def load(keys: list[int]) -> list[Any]:
        return list(select(rows.filter(pk__in=keys)))

    def passing(parts: Iterable[Rows]) -> list[int]:
        return list(islice(chain.from_iterable(map(sieve, parts)), size + 1))

    if number > 1 and asked.after is not None:
        keys = passing(order.after(found, asked.after))
        if keys:
            return Page(load(keys[:size]), number, has_newer=True, has_older=len(keys) > size)
    elif number > 1 and asked.before is not None:
        keys = passing(order.before(found, asked.before))
        if len(keys) > size:
            return Page(load(keys[:size]), number, has_newer=True, has_older=True)
        number = 1 if keys else number
    start = (number - 1) * size
    keys = list(islice(sieve(found), start, start + size + 1))
    if not keys and number > 1:
        passed = list(sieve(found))
        number = max(1, -(-len(passed) // size))
        keys = passed[(number - 1) * size :]
    return Page(load(keys[:size]), number, has_newer=number > 1, has_older=len(keys) > size)


def _first_page(found: Rows, order: Order, size: int, select: Select) -> Page:
    rows = _load_parts(found, order, [found], size + 1, select)
    return Page(rows[:size], 1, has_newer=False, has_older=len(rows) > size)


def _load_parts(found: Rows, order: Order, parts: Sequence[Rows], count: int, select: Select) -> list[Any]:
    """Load the first rows of parts that follow one another, in the order of what is found."""
    if order.column.is_main:
        return list(select(*parts)[:count]) if parts else []
    # Each part ends where the page does, so that a database reads no more of it than that.
    keys = _join([part.values("pk")[:count] for part in parts])
    rows = found.model._default_manager.order_by(*found.query.order_by).filter(pk__in=keys)
    return list(select(rows if found.query.standard_ordering else rows.reverse())[:count])


def _join(parts: Iterable[Rows]) -> Collection[int] | RawSQL:
    """Return one query for the keys of several that are sliced, each in brackets, without which SQLite's `UNION` takes none."""
    queries = []
    for part in parts:
        # What can have no row, as Django knows, is no query.
        with suppress(EmptyResultSet):
            queries.append(part.query.sql_with_params())
    if not queries:
        return []
    union = " UNION ALL ".join(f"SELECT * FROM ({sql}) part{place}" for place, (sql, _) in enumerate(queries))  # noqa: S608 -- Django's SQL
    return RawSQL(union, [value for _, values in queries for value in values])  # noqa: S611 -- the same


def _load_by_keys(found: Rows, counted: Rows, part: slice, select: Select) -> list[Any]:
    """Load a part of what is found, in its order; `counted` is the same, from the end where the part is counted to."""
    # What is counted and sorted is keys alone: whole rows, with their policies, would be carried along. And the rows are asked
    # for by their keys alone, so that no database reads the whole order again to find them.
    rows = found.model._default_manager.order_by(*found.query.order_by)
    return list(select(rows.filter(pk__in=counted.values("pk")[part])))


def _counted_page(found: Rows, number: int, size: int, select: Select) -> Page:
    total = found.count()
    last = max(1, -(-total // size))
    number = min(number, last)
    start = (number - 1) * size
    end = min(start + size, total)
    is_nearer_to_the_end = start > total - end
    if is_nearer_to_the_end:
        rows = _load_by_keys(found, found.reverse(), slice(total - end, total - start), select)
    else:
        rows = _load_by_keys(found, found, slice(start, end), select)
    return Page(rows, number, has_newer=number > 1, has_older=number < last)
