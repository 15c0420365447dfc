"""The form of the signature debugger."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from tokens.domain.diagnosis.pasting.requests import Fields, read_request
from tokens.forms.policy.fields import AS_TYPED, reject_surrogates
from tokens.forms.policy.layout import fields_helper

# All fields together, in characters.
MAX_PASTED = 65_536


class _PastedField(forms.CharField):
    """Text that is taken as it is: neither trimmed nor stored."""

    def __init__(self, label: str, *, rows: int = 0, placeholder: str = "", help_text: str = "") -> None:
        attributes = {"placeholder": placeholder, **AS_TYPED}
        widget = forms.Textarea(attrs={"rows": rows, **attributes}) if rows else forms.TextInput(attrs=attributes)
        super().__init__(label=label, required=False, strip=False, help_text=help_text, widget=widget)

    def clean(self, value: Any) -> str:
        reject_surrogates(str(value or ""))
        return str(super().clean(value))


class DebugForm(forms.Form):
    """A failing request as it was sent; `cleaned_data["reading"]` is the request that was read from it."""

    method = _PastedField("Method", placeholder="GET")
    address = _PastedField(
        "Address",
        placeholder="https://data.example.org/solarquery/api/v1/sec/datum/list?nodeId=101",
        help_text="The whole address, or only the path if the headers include Host.",
    )
    headers = _PastedField(
        "Headers that were sent",
        rows=10,
        help_text="As shown by curl -v, a browser (“Copy request headers” or “Copy as cURL”), a log or a raw message. "
        "If the response's headers are there too, the request's date is compared with the response's Date.",
    )
    body = _PastedField("Body (optional)", rows=3, help_text="If the request has one.")
    signed = _PastedField(
        "What the client says it signed (optional)",
        rows=7,
        help_text="For SNWS2, the canonical request, the string to sign, or both. For a message signature, the signature base.",
    )

    helper = fields_helper(
        Layout(
            Div("method", "address", css_class="debugger__line"), "headers", Div("body", "signed", css_class="debugger__pair")
        ),
        error_title="The request could not be read.",
    )

    def clean(self) -> dict[str, Any]:
        """Read the request."""
        given = self.cleaned_data
        fields = {name: str(given.get(name, "")) for name in ("method", "address", "headers", "body")}
        if not self.errors:
            given["reading"] = read_request(Fields(**fields))
            for problem in given["reading"].problems:
                self.add_error(problem.field, ValidationError(problem.message))
        return given


def pasted_texts(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was pasted, by field."""
    return {name: str(data.get(name, "")) for name in DebugForm.base_fields}


def is_too_long(texts: Mapping[str, str]) -> bool:
    """True if more was pasted than is read."""
    return sum(len(text) for text in texts.values()) > MAX_PASTED
