"""Lists of the administration whose tables may have millions of rows: nothing counts, skips or searches all of them."""

import string
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Lower

if TYPE_CHECKING:
    PaginatorBase = Paginator[Any]
else:
    PaginatorBase = Paginator

# Nobody pages on from here; a filter or a search finds the rest.
MAX_LISTED = 2_000
# Behind every text that begins with a prefix, if it is added to that.
_LAST_CHARACTER = "\U0010ffff"
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class BoundedPaginator(PaginatorBase):
    """Pages of the first rows of a list. `is_cut` tells whether there are others."""

    @cached_property
    def count(self) -> int:
        """The number of rows that are listed."""
        return min(self._counted, MAX_LISTED)

    @cached_property
    def is_cut(self) -> bool:
        """True if there are more rows than are listed."""
        return self._counted > MAX_LISTED

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: MAX_LISTED + 1].count())


def beginning_with(rows: QuerySet[Any], field: str, text: str) -> QuerySet[Any]:
    """Return the rows whose field begins with a text, whatever the case, as an index of `LOWER(field)` has them (`beginning`).

    On PostgreSQL that index needs the operators of patterns (`varchar_pattern_ops`). SQLite compares bytes, so that a range is a
    prefix there, and its `LOWER` knows ASCII alone.
    """
    rows = rows.annotate(beginning=Lower(field))
    if connection.vendor == "postgresql":
        return rows.filter(beginning__startswith=text.lower())
    lower = text.translate(_ASCII_LOWER)
    return rows.filter(beginning__gte=lower, beginning__lte=lower + _LAST_CHARACTER)
