"""The form's groups, as the page shows them: pills with a script, fieldsets without one (SPEC, "The pages")."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.forms import BoundField
from django.utils.text import slugify

from tokens.domain.policies.table import Group, Kind, Restriction, restrictions_for
from tokens.forms.choices import ALL, NEVER, ON_DATE, ONLY, ExpiryChoice, expiry_choices

if TYPE_CHECKING:
    from tokens.forms.token import TokenForm

# From how many nodes on a filter is worth its place.
MANY_NODES = 10
_SCOPE_WORDS = {
    Kind.NODE_IDS: ("All nodes of the account, also future ones", "Only these nodes"),
    Kind.SOURCE_IDS: ("All sources", "Only these sources"),
    Kind.METADATA_PATHS: ("All of it", "Only these parts"),
    Kind.API_PATHS: ("All API methods", "Only what is written here"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a panel. `shape` chooses the partial; `scope` is `all` or `only` where the owner chooses between them."""

    field: BoundField
    shape: str
    row: Restriction | None = None
    scope: str = ""
    all_label: str = ""
    only_label: str = ""

    @property
    def scope_name(self) -> str:
        """The name of the radio buttons."""
        return f"{self.field.name}_scope"


@dataclass(frozen=True, slots=True)
class Panel:
    """One group of the form."""

    group: Group
    items: tuple[Item, ...]
    is_open: bool

    @property
    def slug(self) -> str:
        """The group's name for an element's id."""
        return f"panel-{slugify(self.group.value.replace('/', ' '))}"

    @property
    def has_errors(self) -> bool:
        """True where a field of the group is refused."""
        return any(item.field.errors for item in self.items)


def make_panels(form: "TokenForm") -> list[Panel]:
    """Return the panels of a form; the first with an error is open, or else the first."""
    groups = {group: _items_of(form, group) for group in Group}
    filled = [(group, items) for group, items in groups.items() if items]
    faulty = [group for group, items in filled if any(item.field.errors for item in items)]
    opened = (faulty or [filled[0][0]])[0]
    return [Panel(group, items, is_open=group is opened) for group, items in filled]


def expiry_choices_of(form: "TokenForm") -> Sequence[ExpiryChoice]:
    """Return the quick choices with the one checked that the form holds."""
    typed = form["not_after"].value()
    sent = form.text_of("not_after_choice")
    # What the fields say together counts: a date beside "Never", which stands there from the start, is a date.
    selected = ON_DATE if typed and sent in {"", NEVER} and not (sent and form.expiry_before) else sent or NEVER
    return expiry_choices(form.now.date(), selected)


def _items_of(form: "TokenForm", group: Group) -> tuple[Item, ...]:
    rows = [row for row in restrictions_for(form.token_type) if row.group is group]
    # The date comes before what may be done until then.
    rows.sort(key=lambda row: row.kind is Kind.GRANT)
    names = ["name", "description"] if group is Group.INFO else []
    return (*(Item(form[name], "line") for name in names), *(_item(form, row) for row in rows))


def _item(form: "TokenForm", row: Restriction) -> Item:
    field = form[row.attribute]
    if not row.is_list:
        shape = {Kind.INSTANT: "expiry", Kind.GRANT: "check"}.get(row.kind, "select")
        return Item(field, shape, row)
    all_label, only_label = _SCOPE_WORDS[row.kind]
    shape = "nodes" if row.kind is Kind.NODE_IDS else "entries"
    return Item(field, shape, row, _scope_of(form, row), all_label, only_label)


def _scope_of(form: "TokenForm", row: Restriction) -> str:
    """Return what the page shows as chosen: values beside the "all" that stands there from the start mean "only"."""
    sent = form.text_of(f"{row.attribute}_scope")
    has_values = bool(form[row.attribute].value())
    was_restricted = getattr(form.before, row.attribute) is not None
    if sent == ONLY or (has_values and not (sent == ALL and was_restricted)):
        return ONLY
    return ALL
