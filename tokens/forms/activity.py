"""The form above the activity: which entries it shows. It is sent by GET, so that the address carries the view."""

from django import forms
from django.http import QueryDict
from django.utils.http import urlencode

from tokens.domain.policies.table import MAX_NAME_LENGTH
from tokens.forms.policy.fields import reject_surrogates
from tokens.models import MAX_ACTOR_LENGTH
from tokens.services.audit import Action
from tokens.services.lists.activity import ActivityView

_DAY = {"type": "date"}


class ActivityForm(forms.Form):
    """What the address says. A value that cannot be read is told, and filters nothing."""

    token = forms.CharField(label="Security token or its name", required=False, max_length=MAX_NAME_LENGTH)
    action = forms.ChoiceField(
        label="What", required=False, choices=[("", "Anything"), *((action.value, action.label) for action in Action)]
    )
    who = forms.CharField(label="Who", required=False, max_length=MAX_ACTOR_LENGTH)
    since = forms.DateField(label="From (UTC)", required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    until = forms.DateField(label="To (UTC)", required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))

    def __init__(self, query: QueryDict) -> None:
        """Read the address."""
        super().__init__(query)

    def read(self) -> ActivityView:
        """Return the view that the address asks for, as far as it can be read."""
        self.full_clean()
        return ActivityView(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def query(self) -> str:
        """The view as the end of an address, "" for everything; with "&" behind it, so that a page's number can follow."""
        self.full_clean()
        given = {name: str(value) for name, value in self.cleaned_data.items() if value}
        return f"{urlencode(given)}&" if given else ""

    def clean_token(self) -> str:
        """Refuse what no database can look for."""
        reject_surrogates(self.cleaned_data["token"])
        return str(self.cleaned_data["token"])

    def clean_who(self) -> str:
        """Refuse what no database can look for."""
        reject_surrogates(self.cleaned_data["who"])
        return str(self.cleaned_data["who"])
