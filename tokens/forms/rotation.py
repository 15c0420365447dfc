"""The form of a rotation."""

from crispy_forms.layout import Layout
from django import forms

from tokens.forms.policy.layout import fields_helper
from tokens.services.lifecycle.rotation import Grace


class RotateForm(forms.Form):
    """How long the old private password still works."""

    grace = forms.ChoiceField(
        label="How long may the old private password still be used?",
        choices=[(grace.value, grace.label) for grace in Grace],
        initial=Grace.FIRST_USE.value,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how long the old private password still works.",
            "invalid_choice": "“%(value)s” is not one of the choices.",
        },
    )

    helper = fields_helper(Layout("grace"), error_title="Nothing was rotated.")

    def clean_grace(self) -> Grace:
        """Return the choice."""
        return Grace(self.cleaned_data["grace"])
