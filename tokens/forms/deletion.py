"""The form that asks twice before a token that may still be needed is deleted."""

from collections.abc import Mapping
from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError

from tokens.forms.policy.fields import AS_TYPED
from tokens.forms.policy.layout import fields_helper
from tokens.models import SecurityToken


class DeleteForm(forms.Form):
    """The token's name or identifier, typed by whoever means to delete it."""

    confirmation = forms.CharField(
        label="To delete it, type its name or its identifier",
        widget=forms.TextInput(attrs=AS_TYPED),
        error_messages={"required": "Type the token's name or its identifier. Nothing was deleted."},
    )

    helper = fields_helper(Layout("confirmation"))

    def __init__(self, token: SecurityToken, data: Mapping[str, Any] | None = None) -> None:
        """Take the token, and what was sent."""
        super().__init__(data)
        self.token = token

    def clean_confirmation(self) -> str:
        """Refuse every other text, so that the wrong token is not deleted."""
        typed = str(self.cleaned_data["confirmation"])
        if typed not in {self.token.token_id, self.token.display_name.strip()}:
            raise ValidationError("This is neither the token's name nor its identifier. Nothing was deleted.")
        return typed
