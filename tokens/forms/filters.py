"""The form above the list: which tokens it shows, and in which order. It is sent by GET, so that the address carries the view."""

from collections.abc import Iterable

from crispy_forms.helper import FormHelper
from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.http import urlencode

from tokens.domain.policies.table import BY_JSON_KEY, MAX_NAME_LENGTH
from tokens.forms.policy.fields import reject_surrogates
from tokens.services.lists.orders import NEWEST_FIRST
from tokens.services.lists.views import ListView, Status

_MOST_DAYS = 36_500
_ORDERS = {
    NEWEST_FIRST: "Newest first",
    "created": "Oldest first",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "description": "Description, A to Z",
    "-description": "Description, Z to A",
    "policy": "Fewest restrictions",
    "-policy": "Most restrictions",
    "expires": "Expires soonest",
    "-expires": "Expires latest",
    "-used": "Used most recently",
    "used": "Unused longest",
}
# What stands above the others.
_MAIN = frozenset({"q", "sort"})
_STATUSES = [("", "Any"), *((status.value, status.value.capitalize()) for status in Status)]


class FilterForm(forms.Form):
    """What the list's address says. A value that cannot be read is told, and filters nothing."""

    q = forms.CharField(
        label="Search identifiers, names, descriptions, nodes and sources",
        required=False,
        max_length=MAX_NAME_LENGTH,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    status = forms.ChoiceField(label="Status", required=False, choices=_STATUSES)
    expires = forms.IntegerField(label="Expires within (days)", required=False, min_value=1, max_value=_MOST_DAYS)
    unused = forms.IntegerField(label="Unused for (days)", required=False, min_value=1, max_value=_MOST_DAYS)
    node = forms.IntegerField(label="Reaches node", required=False, min_value=1, max_value=2**63 - 1)
    source = forms.CharField(label="Reaches source", required=False, max_length=BY_JSON_KEY["sourceIds"].max_length)
    # 1 in the address (SPEC, "The pages").
    unrestricted = forms.BooleanField(label="Unrestricted only", required=False, widget=forms.CheckboxInput(attrs={"value": "1"}))
    sort = forms.ChoiceField(label="Sort by", required=False, choices=list(_ORDERS.items()))

    def __init__(self, query: QueryDict) -> None:
        """Read the address."""
        super().__init__(query)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def read(self) -> ListView:
        """Return the view that the address asks for, as far as it can be read."""
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return ListView(**given)

    def clean_q(self) -> str:
        """Refuse what no database can look for."""
        return _storable(self.cleaned_data["q"])

    def clean_source(self) -> str:
        """Refuse what no database can look for."""
        return _storable(self.cleaned_data["source"])

    @property
    def parameters(self) -> dict[str, str]:
        """What the address needs to say, without what is empty, the default or unreadable."""
        self.full_clean()
        shown = {name: value for name, value in self.cleaned_data.items() if value and value != NEWEST_FIRST}
        return {name: "1" if value is True else str(value) for name, value in shown.items()}

    @property
    def in_use(self) -> list[tuple[str, str]]:
        """The filters that are set: what each says, and the address without it."""
        filters = {name: value for name, value in self.parameters.items() if name != "sort"}
        return [(self._describe(name, value), self.address_without(name)) for name, value in filters.items()]

    def address_without(self, name: str) -> str:
        """Return the address of this view without one of its filters."""
        return address_of({key: value for key, value in self.parameters.items() if key != name})

    @property
    def more(self) -> list[BoundField]:
        """The fields that are folded away until one asks for them."""
        return [field for field in self if field.name not in _MAIN]

    @property
    def hidden_count(self) -> int:
        """How many filters are set besides the search."""
        return sum(name not in _MAIN for name in self.parameters)

    def _describe(self, name: str, value: str) -> str:
        if name == "unrestricted":
            return "Unrestricted only"
        if name == "status":
            return f"Status: {value}"
        label = "Search" if name == "q" else str(self.fields[name].label)
        return f"{label.removesuffix(' (days)')} {value} days" if label.endswith("(days)") else f"{label}: {value}"


def address_of(parameters: dict[str, str]) -> str:
    """Return the address of a view of the list, relative to the list, without what is empty or the default."""
    kept = {name: value for name, value in parameters.items() if _says_something(name, value)}
    return f"?{urlencode(kept)}" if kept else "?"


def is_tidy(query: QueryDict) -> bool:
    """Return whether an address says nothing that is empty or the default, as a form that a browser sends does."""
    return all(_says_something(name, value) for name, value in _pairs(query))


def tidy(query: QueryDict) -> str:
    """Return the query of an address without what is empty or the default, "" if nothing is left."""
    kept = [(name, value) for name, value in _pairs(query) if _says_something(name, value)]
    return f"?{urlencode(kept)}" if kept else ""


def sort_address(parameters: dict[str, str], column: str) -> str:
    """Return the address that sorts a view by a column, or the other way round if it is sorted by it."""
    current = parameters.get("sort", NEWEST_FIRST)
    first = f"-{column}" if column in {"created", "used"} else column
    second = column if first.startswith("-") else f"-{column}"
    return address_of(parameters | {"sort": second if current == first else first})


def direction(parameters: dict[str, str], column: str) -> str:
    """Return how a view is sorted by a column, as `aria-sort` has it; "" if it is not."""
    current = parameters.get("sort", NEWEST_FIRST)
    if current.removeprefix("-") != column:
        return ""
    return "descending" if current.startswith("-") else "ascending"


def _storable(text: str) -> str:
    reject_surrogates(text)
    return text


def _pairs(query: QueryDict) -> Iterable[tuple[str, str]]:
    return ((name, value) for name in query for value in query.getlist(name))


def _says_something(name: str, value: str) -> bool:
    return bool(value.strip()) and (name, value) != ("sort", NEWEST_FIRST)
