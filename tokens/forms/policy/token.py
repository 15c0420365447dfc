"""The form that makes and edits a token: the policy table as fields, a whole `Draft` as its result."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.models import User
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import BY_JSON_KEY, RESTRICTIONS, Kind, Restriction, TokenType, restrictions_for
from tokens.domain.policies.wording.sentences import glance
from tokens.forms.policy.choices import (
    ALL,
    NEVER,
    ON_DATE,
    ONLY,
    ExpiryChoice,
    expiry_choices,
    settle_entries,
    settle_expiry,
)
from tokens.forms.policy.fields import (
    AggregationField,
    DayField,
    EntriesField,
    LineField,
    LiveBoundField,
    NodeIdsField,
    reject_surrogates,
    to_messages,
)
from tokens.forms.policy.layout import Mark, fields_helper, policy_panels
from tokens.models import Node, SecurityToken
from tokens.services.lifecycle.issuing import Draft, check_draft

SCOPE_SUFFIX = "_scope"
EXPIRY_CHOICE = "not_after_choice"
# Sent by a page that tells why a form was refused, so that the preview knows that it is told.
REFUSED = "refused"
_BY_ATTRIBUTE = {row.attribute: row for row in RESTRICTIONS}
_GRANTS = {row.attribute for row in RESTRICTIONS if row.kind is Kind.GRANT}


class TokenForm(forms.Form):
    """Name, description and policy of a token that is created, or of `token`, which is changed.

    A valid form has `cleaned_data["draft"]`, checked as the service checks it.
    """

    bound_field_class = LiveBoundField

    name = LineField(
        label="Name",
        required=False,
        help_text="To recognize the token by, such as “Roof dashboard”. Optional.",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    description = LineField(
        label="Description",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Who uses the token, and for what. Optional.",
    )

    def __init__(
        self,
        data: QueryDict | Mapping[str, Any] | None = None,
        *,
        token_type: TokenType,
        owner: User,
        now: datetime,
        token: SecurityToken | None = None,
    ) -> None:
        """Build the fields that the token's type may carry."""
        self.token_type, self.owner, self.now, self.token = token_type, owner, now, token
        self.before = (token.read_policy() if token else None) or Policy()
        self.nodes = Node.objects.choices_of(owner) if token_type is TokenType.DATA else []
        owned = {node.node_id for node in self.nodes}
        self.departed_nodes = [node for node in self.before.node_ids or () if node not in owned]
        super().__init__(self._complete(data), initial=self._initial())
        for row in restrictions_for(token_type):
            self.fields[row.attribute] = self._make_field(row)
        self._panels = policy_panels(token_type)
        self.helper = fields_helper(Layout(self._panels), error_title="Nothing was saved yet. Please correct the following:")

    @property
    def expiry_before(self) -> date | None:
        """The day on which the policy so far ends."""
        return _last_day_of(self.before)

    @property
    def was_refused(self) -> bool:
        """True if this was typed into a form that still tells why it could not be sent."""
        return bool(self.text_of(REFUSED))

    @property
    def marks(self) -> dict[str, Mark]:
        """What each group of the page holds, and whether it has errors, by its slug."""
        return self._panels.marks(self)

    def glance(self, name: str) -> str:
        """Return what a field holds in a word or two, "" for nothing."""
        row = _BY_ATTRIBUTE.get(name)
        if row is None:
            return " ".join(str(self[name].value() or "").split())
        read = self.cleaned_data.get("policy", self.before) if self.is_bound and self.errors is not None else self.before
        return glance(row, getattr(read, name))

    def is_changed(self, name: str) -> bool:
        """Return whether an edit was sent in which a restriction is another than in the policy so far."""
        if not self.is_bound or self.token is None or not hasattr(self.before, name):
            return False
        draft: Draft | None = self.cleaned_data.get("draft") if self.is_valid() else None
        return draft is not None and getattr(draft.policy, name) != getattr(self.before, name)

    def scope_of(self, name: str) -> str:
        """Return what the page shows as chosen: values beside the default "all" mean "only"."""
        sent = self.text_of(name + SCOPE_SUFFIX)
        has_values = bool(self[name].value())
        was_restricted = getattr(self.before, name) is not None
        return ONLY if sent == ONLY or (has_values and not (sent == ALL and was_restricted)) else ALL

    def expiry_choices(self) -> Sequence[ExpiryChoice]:
        """Return the quick choices with the current one checked."""
        typed = self["not_after"].value()
        sent = self.text_of(EXPIRY_CHOICE)
        # The fields count together: a date beside the default "Never" is a date.
        selected = ON_DATE if typed and sent in {"", NEVER} and not (sent and self.expiry_before) else sent or NEVER
        return expiry_choices(self.now.date(), selected)

    def text_of(self, name: str) -> str:
        """Return what was sent under a name that is no field of its own, "" for nothing."""
        value = self.data.get(name, "") if self.is_bound else ""
        return str(value or "")

    def clean(self) -> dict[str, Any]:
        """Build the draft, and validate it as a whole."""
        given = self.cleaned_data
        self._refuse_what_does_not_apply()
        policy = self._read_policy()
        draft = Draft(name=given.get("name", ""), description=given.get("description", ""), policy=policy)
        try:
            check_draft(
                draft, token_type=self.token_type, owner=self.owner, now=self.now, before=self.before if self.token else None
            )
        except PolicyError as error:
            self._add_problems(error)
        given |= {"policy": policy, "draft": None if self.errors else draft}
        return given

    def clean_name(self) -> str:
        """Reject what no database can store."""
        reject_surrogates(self.cleaned_data["name"])
        return str(self.cleaned_data["name"])

    def clean_description(self) -> str:
        """Reject what no database can store."""
        reject_surrogates(self.cleaned_data["description"])
        return str(self.cleaned_data["description"])

    def _make_field(self, row: Restriction) -> forms.Field:
        match row.kind:
            case Kind.NODE_IDS:
                return NodeIdsField(row, self._node_choices())
            case Kind.INSTANT:
                return DayField(row)
            case Kind.AGGREGATION:
                return AggregationField(row, self.before.min_aggregation)
            case Kind.GRANT:
                return forms.BooleanField(label=row.label, help_text=row.help, required=False)
            case _:
                return EntriesField(row)

    def _node_choices(self) -> list[tuple[str, str]]:
        """Return the account's nodes, and those of the policy that left it: nothing is dropped silently."""
        owned = [(str(node.node_id), str(node)) for node in self.nodes]
        return [*owned, *((str(node), f"{node} – no longer in your account") for node in self.departed_nodes)]

    def _initial(self) -> dict[str, Any]:
        if self.token is None:
            return {}
        return {
            name: entries if name == "node_ids" else (entries[0] if entries else None)
            for name, entries in values_of(
                self.token_type, name=self.token.name, description=self.token.description, policy=self.before
            ).items()
        }

    def _complete(self, data: QueryDict | Mapping[str, Any] | None) -> QueryDict | Mapping[str, Any] | None:
        """Fill in what an edit does not mention, so that no restriction is lost by leaving it out."""
        if data is None or self.token is None:
            return data
        values = _lists_of(data)
        kept = {name: _as_list(value) for name, value in self._initial().items() if not _is_mentioned(name, values)}
        completed = QueryDict(mutable=True)
        for name, entries in (values | kept).items():
            completed.setlist(name, ["" if entry in (None, False) else str(entry) for entry in entries])
        return completed

    def _read_policy(self) -> Policy:
        """Return the policy of all fields that could be read; the others have their errors."""
        values: dict[str, Any] = {}
        for row in restrictions_for(self.token_type):
            if row.attribute in self.errors:
                continue
            try:
                values[row.attribute] = self._settle(row, self.cleaned_data.get(row.attribute))
            except ValidationError as error:
                self.add_error(row.attribute, error)
        return Policy(**values)

    def _settle(self, row: Restriction, value: Any) -> Any:
        if row.kind is Kind.INSTANT:
            day = settle_expiry(self.text_of(EXPIRY_CHOICE), value, self.expiry_before)
            if day is None:
                return None
            # A day that stays keeps its exact instant, which the API may have set.
            return self.before.not_after if day == self.expiry_before else last_instant_of(day)
        if row.is_list:
            return settle_entries(row, self.text_of(row.attribute + SCOPE_SUFFIX), value, getattr(self.before, row.attribute))
        return value

    def _refuse_what_does_not_apply(self) -> None:
        for row in RESTRICTIONS:
            if row.applies_to(self.token_type):
                continue
            if self._is_sent(row.attribute) or self.text_of(row.attribute + SCOPE_SUFFIX) == "only":
                kind = self.token_type.label
                self.add_error(None, f"{row.label} does not apply to a {kind} token. Remove it, or create a Data token.")

    def _is_sent(self, name: str) -> bool:
        values = self.data.getlist(name) if isinstance(self.data, QueryDict) else _as_list(self.data.get(name))
        return any(str(value).strip() not in {"", "None"} for value in values)

    def _add_problems(self, error: PolicyError) -> None:
        by_field: dict[str | None, list[Any]] = {}
        for problem in error.problems:
            row = BY_JSON_KEY.get(problem.field)
            name = row.attribute if row else problem.field
            by_field.setdefault(name if name in self.fields else None, []).append(problem)
        for field, problems in by_field.items():
            if field is None or field not in self.errors:
                self.add_error(field, to_messages(problems))


def values_of(token_type: TokenType, *, name: str, description: str, policy: Policy) -> dict[str, list[Any]]:
    """Return the values of the fields that describe a token: as a browser would send them, but for a grant that is not set."""
    values: dict[str, list[Any]] = {"name": [name], "description": [description]}
    for row in restrictions_for(token_type):
        value = getattr(policy, row.attribute)
        if row.kind is Kind.NODE_IDS:
            values[row.attribute] = [str(node) for node in value or ()]
        elif row.kind is Kind.INSTANT:
            day = _last_day_of(policy)
            values[row.attribute] = [day.isoformat() if day else ""]
        else:
            values[row.attribute] = ["\n".join(value) if value and row.is_list else value]
    return values


def _last_day_of(policy: Policy) -> date | None:
    expires_at = policy.expires_at()
    return expires_at.date() if expires_at else None


def _lists_of(data: QueryDict | Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what was sent, every value as a list."""
    return {name: data.getlist(name) if isinstance(data, QueryDict) else _as_list(data[name]) for name in data}


def _is_mentioned(name: str, sent: Mapping[str, Any]) -> bool:
    """Return whether a form that was sent says something about a field, by the field or by the choice beside it."""
    if name in sent or name + SCOPE_SUFFIX in sent:
        return True
    if name == "not_after":
        return EXPIRY_CHOICE in sent
    # A checkbox that is not sent is off, unless nothing of the policy is sent at all.
    return name in _GRANTS and any(row.attribute in sent for row in RESTRICTIONS)


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]
