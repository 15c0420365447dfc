"""The forms for private passwords that turned up somewhere."""

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError

from tokens.domain.secrets.credentials import SECRET_PREFIX, is_secret
from tokens.forms.policy.fields import AS_TYPED, reject_surrogates
from tokens.forms.policy.layout import fields_helper
from tokens.services.leaks.reports import MAX_PLACE_LENGTH, find_problem

_LONGEST = 200


class FindForm(forms.Form):
    """A private password, which the page never shows again."""

    password = forms.CharField(
        label="Private password",
        max_length=_LONGEST,
        widget=forms.PasswordInput(attrs=AS_TYPED | {"autocomplete": "off"}),
        help_text=f"It begins with {SECRET_PREFIX} and has 43 characters.",
        error_messages={"required": "Paste the private password that you found."},
    )

    helper = fields_helper(Layout("password"))

    def clean_password(self) -> str:
        """Refuse what this portal never made."""
        value = str(self.cleaned_data["password"]).strip()
        if not is_secret(value):
            raise ValidationError("This is no private password of this portal, or not all of it. Copy all 43 characters.")
        return value


class ReportForm(forms.Form):
    """What somebody found, and where."""

    value = forms.CharField(
        label="What you found",
        max_length=_LONGEST,
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "off"}),
        help_text=f"The private password ({SECRET_PREFIX}…), or the token's identifier (20 characters).",
        error_messages={"required": "Paste what you found."},
    )
    place = forms.CharField(
        label="Where",
        required=False,
        max_length=MAX_PLACE_LENGTH,
        help_text="An address or a few words, for the owner. Optional.",
    )

    helper = fields_helper(Layout("value", "place"))

    def clean_value(self) -> str:
        """Refuse what can be neither."""
        value = str(self.cleaned_data["value"]).strip()
        if problem := find_problem(value):
            raise ValidationError(problem)
        return value

    def clean_place(self) -> str:
        """Reject what no database can store."""
        reject_surrogates(self.cleaned_data["place"])
        return str(self.cleaned_data["place"])
