"""The form of a rotation."""

from django import forms

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
            "invalid_choice": "“%(value)s” is none of the choices.",
        },
    )

    def clean_grace(self) -> Grace:
        """Return the choice."""
        return Grace(self.cleaned_data["grace"])
