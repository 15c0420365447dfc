"""Forms of django-allauth that a browser's nonsense must not break."""

import struct
from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django import forms
from django.forms.fields import InvalidJSONInput

if TYPE_CHECKING:
    from django.forms import Form as PasskeyFormBase
else:
    PasskeyFormBase = object

# What the reader of passkeys raises for what is none.
_UNREADABLE = (ArithmeticError, AttributeError, InvalidSignature, LookupError, TypeError, ValueError, struct.error)


class PasskeyField(forms.JSONField):
    """What a browser says of a passkey, as JSON, however deep somebody nests it."""

    def to_python(self, value: Any) -> Any:
        """Read the JSON, and refuse what is no object: django-allauth takes a 0 without looking at it."""
        problem = forms.ValidationError(self.error_messages["invalid"], code="invalid", params={"value": ""})
        try:
            read = super().to_python(value)
        except RecursionError as error:
            raise problem from error
        if value in self.empty_values or (isinstance(read, dict) and read):
            return read
        raise problem

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what the form shows of it again."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput("")


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc] # allauth ships no types
    """Adds a passkey."""

    credential = PasskeyField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Label the fields in the page's words; signing in without the password is what a passkey is for."""
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].max_length = self.fields["name"].widget.attrs["maxlength"] = 64
        passwordless = self.fields["passwordless"]
        passwordless.label = "Sign in with it alone, without the password"
        passwordless.help_text = "It then asks for your fingerprint, face or PIN each time."
        passwordless.initial = True

    def clean_name(self) -> str:
        """Return the name, cut: refusing it now would lose a passkey that the device has made already."""
        return str(super().clean_name())[:64]

    def clean(self) -> dict[str, Any]:
        """Refuse what is no passkey."""
        try:
            return dict(super().clean())
        except _UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class _ReadsPasskey(PasskeyFormBase):
    """Refuses what is no passkey."""

    def clean_credential(self) -> Authenticator:
        """Return whose passkey it is."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except _UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class AuthenticatePasskeyForm(_ReadsPasskey, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The second step of signing in."""

    credential = PasskeyField(widget=forms.HiddenInput)


class LoginPasskeyForm(_ReadsPasskey, LoginWebAuthnForm):  # type: ignore[misc]
    """Signs in without a password."""

    credential = PasskeyField(widget=forms.HiddenInput)


class ReauthenticatePasskeyForm(_ReadsPasskey, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Proves who is there."""

    credential = PasskeyField(widget=forms.HiddenInput)
