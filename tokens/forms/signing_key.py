"""The form that asks for a signing key."""

from typing import Any

from crispy_forms.layout import Layout
from django import forms

from tokens.domain.signing.signing_keys import KeyKind
from tokens.forms.policy.layout import fields_helper


class SigningKeyForm(forms.Form):
    """The scheme that the key is to sign in."""

    scheme = forms.ChoiceField(
        label="For which signing scheme?",
        initial=KeyKind.SNWS2.value,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the signing scheme.",
            "invalid_choice": "“%(value)s” is not one of the choices.",
        },
    )

    helper = fields_helper(Layout("scheme"), error_title="No key was issued.")

    def __init__(self, *args: Any, token_id: str, **kwargs: Any) -> None:
        """Offer the schemes whose signatures can name the token."""
        super().__init__(*args, **kwargs)
        scheme = self.fields["scheme"]
        kinds = [kind for kind in KeyKind if kind.names_token(token_id)]
        scheme.choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined] # a ChoiceField
        if len(kinds) < len(KeyKind):
            scheme.help_text = "HTTP message signatures cannot name this token, because its identifier has a colon."

    def clean_scheme(self) -> KeyKind:
        """Return the choice."""
        return KeyKind(self.cleaned_data["scheme"])
