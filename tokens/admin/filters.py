"""Filters of the administration's lists in which one types a value."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class TextFilter(admin.SimpleListFilter, ABC):
    """A field to type in, beside the list; a subclass says what is filtered."""

    template = "admin/filters/text.html"
    hint = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return one choice, because Django shows no filter without any."""
        return [("", "All")]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override] # what its template reads
        """Yield the form: the value typed, the other parameters, which stay, and the address without this one."""
        own = str(self.parameter_name)
        others = {name: value for name, value in changelist.get_filters_params().items() if name != own}
        if changelist.query:
            others["q"] = changelist.query
        yield {
            "name": own,
            "value": self.value() or "",
            "hint": self.hint,
            "others": [(name, text) for name, value in others.items() for text in _texts(value)],
            "without": changelist.get_query_string(remove=[own]),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the value typed, trimmed; all rows if nothing is typed."""
        value = (self.value() or "").strip()
        if not value:
            return queryset
        # PostgreSQL raises an error for a NUL character.
        return self.find(queryset, value) if "\0" not in value else queryset.none()

    @abstractmethod
    def find(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows of a value."""


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else [str(value)]
