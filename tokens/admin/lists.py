"""Lists of the administration whose tables may have millions of rows: nothing counts, skips or searches all of them."""

import string
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse

from solarnet_portal.admin_site import CheckedSelection

if TYPE_CHECKING:
    PaginatorBase = Paginator[Any]
    LargeListBase = admin.ModelAdmin[Any]
else:
    PaginatorBase = Paginator
    LargeListBase = admin.ModelAdmin

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


class LargeListAdmin(CheckedSelection, LargeListBase):
    """A list of the first rows, and a search by indexes: a subclass says which (`find`)."""

    paginator = BoundedPaginator
    show_full_result_count = False

    def find(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return the rows for a text that is searched for."""
        raise TypeError(f"{type(self).__name__} does not say how it searches.")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Search, if there is anything to search for."""
        text = search_term.strip()
        if not text:
            return queryset, False
        # PostgreSQL raises an error for a NUL character.
        return (self.find(queryset, text) if "\0" not in text else queryset.none()), False

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *more: Any, **named: Any) -> HttpResponse | None:
        """Act, but never on rows that the list does not show: "all" would be all that are found."""
        if request.POST.get("select_across") == "1" and BoundedPaginator(queryset, 1).is_cut:
            message = (
                f"Nothing was changed: more than {MAX_LISTED:,} are found. Filter or search until the list shows all of them."
            )
            self.message_user(request, message, messages.ERROR)
            return None
        return super().response_action(request, queryset, *more, **named)


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
