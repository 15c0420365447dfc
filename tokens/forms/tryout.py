"""The form of "What can this token do?"."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from crispy_forms.layout import Div, Layout
from django import forms

from tokens.domain.authorization.api_methods import METHODS
from tokens.domain.authorization.paths import WHOAMI_PATH
from tokens.domain.policies.aggregation import Aggregation, find_aggregation
from tokens.domain.policies.wording.phrases import aggregation_label
from tokens.forms.policy.fields import AS_TYPED, reject_surrogates
from tokens.forms.policy.layout import fields_helper

_VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_LEVELS = [("", "Not given"), *((level.value, aggregation_label(level)) for level in Aggregation)]
_WHOSE = [("nodeMetadataPaths", "A node's"), ("userMetadataPaths", "The account's")]
_LONGEST = 2048
_PREFIX = "/solarquery/api/v1/sec"
_USER_PREFIX = "/solaruser/api/v1/sec"
_USER_SERVICE = "solaruser"
_SAFE = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Trial:
    """A request to try out. `metadata_path` is "" if no metadata is requested; `metadata_rule` is the policy's JSON key."""

    method: str
    raw_path: str
    query: str
    metadata_path: str
    metadata_rule: str


class _Line(forms.CharField):
    """One short line; invalid characters are a validation error, never a server error."""

    def __init__(self, label: str, placeholder: str) -> None:
        widget = forms.TextInput(attrs={"placeholder": placeholder, **AS_TYPED})
        super().__init__(label=label, required=False, max_length=_LONGEST, widget=widget)

    def clean(self, value: Any) -> str:
        reject_surrogates(str(value or ""))
        return str(super().clean(value))


class _Level(forms.ChoiceField):
    """An aggregation, chosen by name; an address may also have its short key, as a request may."""

    def to_python(self, value: Any) -> str:
        return str(self.prepare_value(super().to_python(value)))

    def prepare_value(self, value: Any) -> Any:
        return find_aggregation(str(value or "")) or value


class TryoutForm(forms.Form):
    """A request in its parts. All may be left out; `cleaned_data["trial"]` is `None` if nothing is requested."""

    path = _Line("Path", "/datum/list")
    method = forms.ChoiceField(label="Method", choices=[(verb, verb) for verb in _VERBS], required=False)
    node = _Line("Node", "101")
    source = _Line("Source", "/inverter/1")
    aggregation = _Level(label="Aggregation", choices=_LEVELS, required=False)
    metadata = _Line("Metadata path", "/m/location")
    metadata_of = forms.ChoiceField(label="Whose metadata", choices=_WHOSE, required=False)

    helper = fields_helper(
        Layout(Div("path", "method", "node", "source", "aggregation", "metadata", "metadata_of", css_class="tryout__fields"))
    )

    def clean(self) -> dict[str, Any]:
        """Build the request from its parts."""
        given = self.cleaned_data
        path, _, query = given.get("path", "").partition("?")
        parts = {"nodeIds": given.get("node"), "sourceIds": given.get("source"), "aggregation": given.get("aggregation")}
        more = urlencode({name: value for name, value in parts.items() if value})
        is_requested = any([path, query, more, given.get("metadata")])
        given["trial"] = None
        if is_requested and not self.errors:
            given["trial"] = Trial(
                method=given.get("method") or "GET",
                raw_path=_full_path(path or _usual_path(given)),
                query="&".join(filter(None, [quote(query, safe=_SAFE + "?"), more])),
                metadata_path=given.get("metadata", ""),
                metadata_rule=given.get("metadata_of") or "nodeMetadataPaths",
            )
        return given


def _usual_path(given: dict[str, Any]) -> str:
    """Return the path of a request for what is given, if no path is."""
    if not given.get("metadata"):
        return "/datum/list"
    return "/users/meta" if given.get("metadata_of") == "userMetadataPaths" else "/nodes/meta"


def _full_path(path: str) -> str:
    """Return the path of the request: what is typed may be only the part that API Paths are compared with."""
    encoded = quote(path, safe=_SAFE)
    if "/api/v1/" in encoded:
        return encoded
    below = encoded if encoded.startswith("/") else f"/{encoded}"
    # Of the two calls of this name it is the one that the portal answers.
    if _USER_PREFIX + below == WHOAMI_PATH:
        return WHOAMI_PATH
    services = {method.service for method in METHODS if method.path == below}
    return (_USER_PREFIX if services == {_USER_SERVICE} else _PREFIX) + below
