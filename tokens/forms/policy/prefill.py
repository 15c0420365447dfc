"""What fills the create form in before anybody types: another token, a starting point, or a link (SPEC, "The pages").

It only fills the form in. Nothing is created before its owner sends it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.http import QueryDict

from accounts.models import User
from tokens.domain.policies.table import MAX_ENTRIES, RESTRICTIONS, TokenType
from tokens.domain.text import has_control_character, has_surrogate, shorten
from tokens.forms.policy.presets import Preset, presets_for
from tokens.forms.policy.token import EXPIRY_CHOICE, SCOPE_SUFFIX, values_of
from tokens.models import Node, SecurityToken

_FIELDS = frozenset(
    ["name", "description", EXPIRY_CHOICE]
    + [name for row in RESTRICTIONS for name in (row.attribute, row.attribute + SCOPE_SUFFIX)]
)
_SHOWN_UNKNOWN = 5


class Prefill(NamedTuple):
    """The values to begin with, what the form says about them, and whether to look closely at them."""

    data: QueryDict
    text: str
    is_from_elsewhere: bool = False


def find_prefill(query: QueryDict, token_type: TokenType, owner: User, now: datetime) -> Prefill | None:
    """Return what an address fills the form with, `None` for an empty form.

    Args:
        query: `from` (the identifier of one of the owner's tokens), `preset`, or names of the form's own fields.
        token_type: of the form.
        owner: whose form it is.
        now: the instant, for dates.

    Raises:
        SecurityToken.DoesNotExist: if the account has no such token of this type.
    """
    if "from" in query:
        wanted = str(query["from"])
        if has_control_character(wanted) or has_surrogate(wanted):
            # No database can look for it.
            raise SecurityToken.DoesNotExist
        return _like(SecurityToken.objects.owned_by(owner).of_type(token_type).get(token_id=wanted), now)
    preset = next((one for one in presets_for(token_type) if one.name == query.get("preset")), None)
    if preset is not None:
        return _from_preset(preset, owner, now)
    return _from_link(query) if query else None


def _like(token: SecurityToken, now: datetime) -> Prefill:
    policy = token.read_policy()
    if policy is None:
        return Prefill(QueryDict(), f"The policy of “{token.display_name}” cannot be read, so the form is empty.", True)
    has_ended = token.is_expired(now)
    values = values_of(token.token_type, name=token.name, description=token.description, policy=policy)
    if has_ended:
        values = {**values, "not_after": [""]}
    ended = " Its expiry date is over, so this one has none yet." if has_ended else ""
    text = f"Filled in like “{token.display_name}”.{ended} The new token gets its own identifier and private password."
    return Prefill(_to_query(values), text, has_ended)


def _from_preset(preset: Preset, owner: User, now: datetime) -> Prefill:
    nodes = list(Node.objects.owned_by(owner).values_list("node_id", flat=True)[:MAX_ENTRIES])
    values = preset.make(nodes, now.date())
    return Prefill(_to_query(values), f"Starting point: {preset.label}. Everything can still be changed.")


def _from_link(query: QueryDict) -> Prefill:
    values = {name: _split(name, query.getlist(name)) for name in query if name in _FIELDS}
    unknown = [shorten(name) for name in query if name not in _FIELDS]
    text = "This form was filled in by a link. Check every field: nothing is created before you generate the token."
    if unknown:
        named = ", ".join(f"“{name}”" for name in unknown[:_SHOWN_UNKNOWN])
        text += f" The link also says something about {named}, which this form does not have: it was left out."
    return Prefill(_to_query(values), text, True)


def _split(name: str, values: Sequence[str]) -> list[str]:
    """Return a field's values; nodes may be separated by commas, as in the API."""
    return [part.strip() for value in values for part in value.split(",")] if name == "node_ids" else list(values)


def _to_query(values: Mapping[str, Sequence[object]]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, entries in values.items():
        # A box that is not ticked is not sent.
        if given := [str(entry) for entry in entries if entry not in (None, False)]:
            data.setlist(name, given)
    return data
