"""The form fields of the policy table: each converts input to the value in `Policy`."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.aggregation import OFFERED, Aggregation, find_aggregation
from tokens.domain.policies.table import Restriction
from tokens.domain.policies.values import MAX_NODE_ID, read_value, split_entries
from tokens.domain.policies.wording.phrases import aggregation_label
from tokens.domain.text import has_surrogate, shorten

# How many problems of one field are listed; the rest are counted.
_LISTED_PROBLEMS = 5
# Not prose: browsers must not correct it, nor turn it round beside Arabic or Hebrew.
AS_TYPED = {"dir": "ltr", "spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}


class LiveBoundField(forms.BoundField):
    """A field whose errors come and go while one types: it always names the place where they stand."""

    @property
    def aria_describedby(self) -> str:
        """Return the ids of help and errors."""
        return f"{self.auto_id}_helptext {self.auto_id}_error" if self.help_text else f"{self.auto_id}_error"


class LineField(forms.CharField):
    """Text of the token: line breaks as Unix writes them, and no `maxlength`, which would silently cut pasted text."""

    def to_python(self, value: Any) -> str:
        """Return the text, trimmed, with the line breaks that are stored."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class EntriesField(forms.CharField):
    """A list of patterns, typed with commas or line breaks; an empty tuple if nothing is typed."""

    def __init__(self, row: Restriction) -> None:
        """Take words and limits from the policy table's row."""
        widget = forms.Textarea(attrs={"rows": 3, **AS_TYPED})
        super().__init__(label=row.label, help_text=row.help, required=False, strip=False, widget=widget)
        self.row = row

    def clean(self, value: Any) -> tuple[str, ...]:
        """Return the entries, each one checked as the policy table says."""
        text = str(value or "")
        reject_surrogates(text)
        entries = split_entries(text)
        return tuple(_read(self.row, entries)) if entries else ()


class NodeIdsField(forms.MultipleChoiceField):
    """Nodes by their IDs; whether they belong to the account is checked with the whole draft."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, row: Restriction, choices: Sequence[tuple[str, str]]) -> None:
        """Offer the account's nodes."""
        super().__init__(label=row.label, help_text=row.help, required=False, choices=choices)
        self.row = row

    def clean(self, value: Any) -> tuple[int, ...]:
        """Return the node IDs in the order given."""
        texts = [entry for text in value or () for entry in split_entries(str(text))]
        nodes = tuple(_read_node(text) for text in texts)
        return tuple(_read(self.row, nodes)) if nodes else ()


class DayField(forms.CharField):
    """A calendar date as YYYY-MM-DD; `None` if nothing is given."""

    widget = forms.DateInput(attrs={"type": "date", "autocomplete": "off"})

    def __init__(self, row: Restriction) -> None:
        """Take words from the policy table's row."""
        super().__init__(label=row.label, help_text=row.help, required=False)
        self.row = row

    def clean(self, value: Any) -> date | None:
        """Return the day."""
        text = str(value or "").strip()
        return read_day(text) if text else None


class AggregationField(forms.ChoiceField):
    """A level that the form offers, by name or short key; `None` for none. A level that the policy has already may stay."""

    def __init__(self, row: Restriction, kept: Aggregation | None) -> None:
        """Offer the usual levels (SPEC, "Aggregation levels"), and `kept`."""
        levels = dict(OFFERED) if kept is None else {**OFFERED, kept: aggregation_label(kept)}
        choices = [(level.value, label) for level, label in levels.items()]
        super().__init__(label=row.label, help_text=f"{row.help} Not set: {row.unset_means}.", required=False, choices=choices)
        self.row = row
        self.levels = levels

    def clean(self, value: Any) -> Aggregation | None:
        """Return the level."""
        text = str(value or "").strip()
        level = find_aggregation(text) if text else Aggregation.NONE
        if level is None or level not in self.levels:
            offered = ", ".join(self.levels.values())
            raise ValidationError(f"“{shorten(text)}” is not offered here. Choose one of: {offered}.")
        return None if level is Aggregation.NONE else level


def read_day(text: str) -> date:
    """Read a date as YYYY-MM-DD.

    Raises:
        ValidationError: names the value.
    """
    try:
        # `fromisoformat` alone would take 20261231 and 2026-W01-1 too.
        if len(text) != len("YYYY-MM-DD") or not text.isascii():
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError(f"“{shorten(text)}” is not a date. Write it as YYYY-MM-DD, for example 2026-12-31.") from None


def reject_surrogates(text: str) -> None:
    """Reject unpaired surrogates, which no database can store."""
    if has_surrogate(text):
        raise ValidationError("This contains an unpaired surrogate. Type it again.")


def to_messages(problems: Iterable[Problem]) -> list[str]:
    """Return problems as sentences that name the value, the first few in full."""
    texts = list(dict.fromkeys(_sentence(problem) for problem in problems))
    more = len(texts) - _LISTED_PROBLEMS
    return texts if more <= 0 else [*texts[:_LISTED_PROBLEMS], f"{more:,} more entries are refused."]


def _sentence(problem: Problem) -> str:
    value = shorten(problem.value)
    # A part of another word, such as of the path that is advised, names nothing.
    is_named = re.search(rf"(?<![\w/]){re.escape(value)}(?![\w/])", problem.message)
    return problem.message if is_named else f"“{value}”: {problem.message}"


def _read(row: Restriction, entries: tuple[object, ...]) -> Any:
    try:
        return read_value(row, entries)
    except PolicyError as error:
        raise ValidationError(to_messages(error.problems)) from error


def _read_node(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_NODE_ID):
        raise ValidationError(f"“{shorten(text)}” is not a node ID. A node ID is a positive whole number.")
    return int(text)
