"""Pages of a list in URLs: their numbers, and the keys that lead to the next one without counting what lies before it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from tokens.domain.dates import from_microseconds, to_microseconds

# Keeps the offset within the range of a database's integers.
_LAST_PAGE = 1_000_000
Sieve = Callable[[Any], Iterator[int]]
Select = Callable[[Any], QuerySet[Any, Any]]
# Microseconds and a key of 64 bits, as text.
_LONGEST_KEY = 40


def page_number(text: str) -> int:
    """Parse a page number; invalid text is the first page."""
    number = text.strip()
    if not (number.isascii() and number.isdigit()):
        return 1
    return max(1, int(number)) if len(number) <= len(str(_LAST_PAGE)) else _LAST_PAGE


class Key(NamedTuple):
    """The place of a row in a list by time: when it was created and, among those of one instant, its primary key."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        """Return the key as it stands in an address."""
        return f"{to_microseconds(self.at)}.{self.pk}"


def parse_key(text: str) -> Key | None:
    """Parse a key from an address; `None` if it is none."""
    first, dot, second = text.partition(".")
    if not (dot and first.isascii() and second.isascii() and first.isdigit() and second.isdigit()) or len(text) > _LONGEST_KEY:
        return None
    try:
        return Key(from_microseconds(int(first)), min(int(second), 2**63 - 1))
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page is asked for: its number and, where a link led there, the row before or behind it."""

    number: int = 1
    after: Key | None = None
    before: Key | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `has_newer` and `has_older` tell whether there are others."""

    rows: list[Any]
    number: int
    has_newer: bool
    has_older: bool


def load_page(found: QuerySet[Any, Any], asked: Asked, size: int, select: Select = QuerySet.all) -> Page:
    """Load a page of what is found, ordered by `-created_at` and `-pk`; `select` as in `load_sorted_page`.

    A link names the row that its page follows, so that page 4,000 costs what page 2 does. A number alone, which one has typed
    or kept, is counted to from the nearer end. Where a page has no rows any more, it is the last one.
    """
    rows = select(found)
    if asked.number == 1:
        return _first_page(rows, size)
    if asked.after is not None:
        older = list(_after(rows, asked.after)[: size + 1])
        if older:
            return Page(older[:size], asked.number, has_newer=True, has_older=len(older) > size)
    if asked.before is not None:
        newer = list(_before(rows, asked.before)[: size + 1])
        # Fewer rows than a page has: new ones have come, or some are gone. That is the first page then.
        return (
            Page(newer[size - 1 :: -1], asked.number, has_newer=True, has_older=True)
            if len(newer) > size
            else _first_page(rows, size)
        )
    return _counted_page(found, asked.number, size, select)


def load_sorted_page(found: QuerySet[Any, Any], number: int, size: int, select: Select = QuerySet.all) -> Page:
    """Load a page of what is found, in any order, by its number; `select` makes the query of its rows, if they are no models.

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


def load_sieved_page(found: QuerySet[Any, Any], sieve: Sieve, asked: Asked, size: int, select: Select = QuerySet.all) -> Page:
    """Load a page of what a sieve lets through: it yields keys in order, and is asked for no more than a page needs.

    Links lead to the neighbours of a page as in `load_page`; a number alone is counted to from the first row.
    """
    rows, number = found.model._default_manager.order_by(*found.query.order_by), asked.number

    def load(keys: list[int]) -> list[Any]:
        return list(select(rows.filter(pk__in=keys)))

    if number > 1 and asked.after is not None:
        keys = list(islice(sieve(_after(found, asked.after)), size + 1))
        if keys:
            return Page(load(keys[:size]), number, has_newer=True, has_older=len(keys) > size)
    elif number > 1 and asked.before is not None:
        keys = list(islice(sieve(_before(found, asked.before)), size + 1))
        if len(keys) > size:
            return Page(load(keys[:size]), number, has_newer=True, has_older=True)
        number = 1
    start = (number - 1) * size
    keys = list(islice(sieve(found), start, start + size + 1))
    if not keys and number > 1:
        passed = list(sieve(found))
        number = max(1, -(-len(passed) // size))
        keys = passed[(number - 1) * size :]
    return Page(load(keys[:size]), number, has_newer=number > 1, has_older=len(keys) > size)


def _load_by_keys(found: QuerySet[Any, Any], counted: QuerySet[Any, Any], part: slice, select: Select) -> list[Any]:
    """Load a part of what is found, in its order; `counted` is the same, from the end where the part is counted to."""
    # What is counted and sorted is keys alone: whole rows, with their policies, would be carried along. And the rows are asked
    # for by their keys alone, so that no database reads the whole order again to find them.
    rows = found.model._default_manager.order_by(*found.query.order_by)
    return list(select(rows.filter(pk__in=counted.values("pk")[part])))


def _first_page(rows: QuerySet[Any, Any], size: int) -> Page:
    found = list(rows[: size + 1])
    return Page(found[:size], 1, has_newer=False, has_older=len(found) > size)


def _counted_page(found: QuerySet[Any, Any], number: int, size: int, select: Select) -> Page:
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


def _after(rows: QuerySet[Any, Any], key: Key) -> QuerySet[Any, Any]:
    # The first condition alone is one that an index answers.
    return rows.filter(created_at__lte=key.at).filter(Q(created_at__lt=key.at) | Q(pk__lt=key.pk))


def _before(rows: QuerySet[Any, Any], key: Key) -> QuerySet[Any, Any]:
    return rows.filter(created_at__gte=key.at).filter(Q(created_at__gt=key.at) | Q(pk__gt=key.pk)).reverse()
