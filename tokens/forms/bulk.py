"""The form that asks twice before several tokens are deleted."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError

from tokens.forms.policy.fields import AS_TYPED
from tokens.forms.policy.layout import fields_helper


class DeleteSeveralForm(forms.Form):
    """The number of tokens, typed by whoever means to delete them."""

    confirmation = forms.CharField(
        label="To delete them, type how many they are",
        widget=forms.TextInput(attrs=AS_TYPED | {"inputmode": "numeric"}),
        error_messages={"required": "Type the number of tokens. Nothing was deleted."},
    )

    helper = fields_helper(Layout("confirmation"))

    def __init__(self, count: int, data: Mapping[str, Any] | None = None) -> None:
        """Take the number of tokens, and what was sent."""
        super().__init__(data)
        self.count = count

    def clean_confirmation(self) -> str:
        """Refuse every other number."""
        typed = str(self.cleaned_data["confirmation"])
        if typed != str(self.count):
            raise ValidationError(f"You have chosen {self.count} tokens. Type that number. Nothing was deleted.")
        return typed
