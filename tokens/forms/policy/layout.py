"""The layout objects of the forms: groups behind pills, and the fields that are more than one control."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK, render_field
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import slugify

from tokens.domain.policies.table import Group, Kind, Restriction, TokenType, restrictions_for
from tokens.domain.policies.wording.phrases import Words
from tokens.forms.policy.choices import ExpiryChoice

# With more nodes than this the list gets a filter.
_MANY_NODES = 10
_SCOPE_LABELS = {
    Kind.NODE_IDS: ("All nodes, also future ones", "Only these nodes"),
    Kind.SOURCE_IDS: ("All sources", "Only these sources"),
    Kind.METADATA_PATHS: ("All metadata", "Only these paths"),
    Kind.API_PATHS: ("All API methods", "Only these API methods"),
}


class PolicyForm(Protocol):
    """What the layout needs of a form besides its fields."""

    @property
    def errors(self) -> Any:
        """Return the errors of each field."""

    def __getitem__(self, name: str) -> BoundField:
        """Return a field with its value."""

    def is_changed(self, name: str) -> bool:
        """Return whether a restriction is to be another than the policy has so far."""

    def glance(self, name: str) -> str:
        """Return what a field holds in a word or two, "" for nothing."""

    def scope_of(self, name: str) -> str:
        """Return `all` or `only`: which of the two the page shows as chosen for a list."""

    def expiry_choices(self) -> Sequence[ExpiryChoice]:
        """Return the quick choices of an expiry."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands beside a group's title: what the group holds, "" for nothing, and whether it has errors."""

    summary: str
    has_errors: bool


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """One group as the template shows it."""

    title: str
    slug: str
    html: SafeString
    is_open: bool
    mark: Mark


class Panel(LayoutObject):  # type: ignore[misc] # crispy-forms ships no types
    """One group of fields under a title."""

    def __init__(self, title: str, *fields: "str | LayoutObject") -> None:
        """Take the fields, in order."""
        self.title = title
        self.slug = f"panel-{slugify(title.replace('/', ' '))}"
        self.fields = list(fields)

    def has_errors(self, form: PolicyForm) -> bool:
        """True if a field of the group is refused."""
        return any(pointer.name in form.errors for pointer in self.get_field_names())

    def is_changed(self, form: PolicyForm) -> bool:
        """True if a restriction of the group is to be another."""
        return any(form.is_changed(pointer.name) for pointer in self.get_field_names())

    def mark(self, form: PolicyForm) -> Mark:
        """Return what the group holds, and whether it has errors."""
        held = [text for pointer in self.get_field_names() if (text := form.glance(pointer.name))]
        # A name says enough of the first group.
        return Mark(Words.joined(", ", held[:1] if self.title == Group.INFO else held), self.has_errors(form))

    def show(self, form: PolicyForm, context: Context, *, is_open: bool) -> ShownPanel:
        """Render the fields."""
        return ShownPanel(self.title, self.slug, self.get_rendered_fields(form, context), is_open, self.mark(form))


class Panels(LayoutObject):  # type: ignore[misc] # crispy-forms ships no types
    """Groups, of which one is open: the first with an error, or that is changed, or else the first. Without a script all are."""

    template = "%s/panels.html"

    def __init__(self, *panels: Panel) -> None:
        """Take the groups, in order."""
        self.fields = list(panels)

    def marks(self, form: PolicyForm) -> dict[str, Mark]:
        """Return what stands beside the title of each group, by the group's slug."""
        return {panel.slug: panel.mark(form) for panel in self.fields}

    def render(self, form: PolicyForm, context: Context, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        """Return the pills and the groups."""
        in_order = [Panel.has_errors, Panel.is_changed]
        opened = next((panel for holds in in_order for panel in self.fields if holds(panel, form)), self.fields[0])
        panels = [panel.show(form, context, is_open=panel is opened) for panel in self.fields]
        return render_to_string(self.get_template_name(template_pack), {"panels": panels})


class CompositeField(LayoutObject, ABC):  # type: ignore[misc] # crispy-forms ships no types
    """One form field that the page shows as several controls; a subclass gives the template and its context."""

    template: str

    def __init__(self, row: Restriction) -> None:
        """Render the field of a restriction."""
        self.row = row
        self.fields = [row.attribute]

    @abstractmethod
    def more(self, form: PolicyForm, context: Context) -> dict[str, object]:
        """Return the template's context besides `field`."""

    def render(self, form: PolicyForm, context: Context, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        """Return the controls, label, help and errors."""
        template = self.get_template_name(template_pack)
        html: str = render_field(
            self.row.attribute,
            form,
            context,
            template=template,
            template_pack=template_pack,
            extra_context=self.more(form, context),
        )
        return html


class Entries(CompositeField):
    """A list of patterns, with the choice between all and only these."""

    template = "%s/entries.html"

    def more(self, form: PolicyForm, context: Context) -> dict[str, object]:
        """Return the choice, and the hints for the entries typed."""
        preview = context.get("preview")
        hints = preview.hints.get(self.row.attribute, ()) if preview else ()
        return {**_scope(form, self.row), "hints": hints}


class Nodes(CompositeField):
    """The account's nodes, with the choice between all and only these."""

    template = "%s/nodes.html"

    def more(self, form: PolicyForm, context: Context) -> dict[str, object]:
        """Return the choice, and whether there are enough nodes to search among them."""
        choices: Any = form[self.row.attribute].field
        return {**_scope(form, self.row), "has_filter": len(choices.choices) > _MANY_NODES}


class Expiry(CompositeField):
    """A date, with quick choices."""

    template = "%s/expiry.html"

    def more(self, form: PolicyForm, context: Context) -> dict[str, object]:
        """Return the quick choices."""
        return {"choices": form.expiry_choices()}


_COMPOSITES: dict[Kind, type[CompositeField]] = {
    Kind.NODE_IDS: Nodes,
    Kind.SOURCE_IDS: Entries,
    Kind.METADATA_PATHS: Entries,
    Kind.API_PATHS: Entries,
    Kind.INSTANT: Expiry,
}


def policy_panels(token_type: TokenType) -> Panels:
    """Return the groups of the form that makes or edits a token of this type."""
    groups = {group: ["name", "description"] if group is Group.INFO else [] for group in Group}
    # A grant comes last in its group: the date before what may be done until then.
    for row in sorted(restrictions_for(token_type), key=lambda row: row.kind is Kind.GRANT):
        composite = _COMPOSITES.get(row.kind)
        groups[row.group].append(composite(row) if composite else row.attribute)
    return Panels(*(Panel(group.value, *fields) for group, fields in groups.items() if fields))


def fields_helper(layout: Layout, *, error_title: str = "") -> FormHelper:
    """Return a helper that renders the fields alone: the page writes the `<form>` around them, with its other parts.

    Args:
        layout: what is shown, in which order.
        error_title: the heading of a summary of all errors; without one each error is shown beside its field only.
    """
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.form_error_title = error_title
    helper.layout = layout
    return helper


def _scope(form: PolicyForm, row: Restriction) -> dict[str, object]:
    all_label, only_label = _SCOPE_LABELS[row.kind]
    return {"scope": form.scope_of(row.attribute), "all_label": all_label, "only_label": only_label}
