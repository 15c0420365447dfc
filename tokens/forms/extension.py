"""The form that gives a token a later expiry."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from crispy_forms.layout import Layout
from django import forms

from tokens.domain.dates import format_day
from tokens.forms.policy.layout import fields_helper

_SPANS = {"30": "30 days", "90": "90 days", "365": "A year"}


class ExtendForm(forms.Form):
    """By how much, from today or from the last day so far, whichever is later."""

    helper = fields_helper(Layout("days"), error_title="Nothing was changed.")

    def __init__(self, data: Mapping[str, Any] | None, *, start: date) -> None:
        """Offer days that are counted from `start`."""
        super().__init__(data, initial={"days": "90"})
        self._start = start
        self.fields["days"] = forms.ChoiceField(
            label="Until when shall it work?",
            choices=[(days, f"{label}: until {format_day(self._day(days))}") for days, label in _SPANS.items()],
            widget=forms.RadioSelect,
            error_messages={"required": "Choose a day.", "invalid_choice": "“%(value)s” is not one of the choices."},
        )

    @property
    def last_day(self) -> date:
        """The day that was chosen, of a valid form."""
        return self._day(self.cleaned_data["days"])

    def _day(self, days: str) -> date:
        # A policy that was made elsewhere may end at the last day there is.
        return self._start + min(timedelta(days=int(days)), date.max - self._start)
