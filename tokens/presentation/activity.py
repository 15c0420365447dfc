"""The audit trail in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from tokens.domain.dates import format_minute
from tokens.domain.errors import PolicyError
from tokens.domain.policies.comparing import difference
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import BY_JSON_KEY, TokenType
from tokens.domain.policies.wording.sentences import sentence
from tokens.domain.signing.signing_keys import KeyKind
from tokens.domain.states import State
from tokens.models import AuditEvent, SecurityToken
from tokens.services.audit import Action, describe_action
from tokens.services.lifecycle.rotation import Grace


@dataclass(frozen=True, slots=True)
class Link:
    """Where the owner can change what decided."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The token that an entry is about, as far as it is known: it may be deleted."""

    token_id: str
    token_type: TokenType
    name: str
    exists: bool = True

    @classmethod
    def of(cls, event: AuditEvent, token: SecurityToken | None) -> "Subject":
        """Return the subject of an entry, given its token if that still exists."""
        if token is not None:
            return cls(token.token_id, token.token_type, token.display_name)
        detail = _mapping(event.detail)
        # A Data token may carry whatever a User token may, so its words fit every policy.
        token_type = TokenType.USER if detail.get("type") == TokenType.USER else TokenType.DATA
        return cls(event.token_id, token_type, str(detail.get("name") or event.token_id), exists=False)


@dataclass(slots=True)
class Entry:
    """One event as the page shows it: `lines` tell what happened, `facts` are name and value."""

    action: str
    label: str
    at: datetime
    who: str
    address: str
    client: str
    count: int = 1
    lines: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    link: Link | None = None


def describe(event: AuditEvent, token: Subject) -> Entry:
    """Describe one event; what cannot be read of it is left out."""
    label = describe_action(event)
    entry = Entry(event.action, label, event.at, event.actor_label, event.address, event.client, event.count)
    add_detail = _DETAILS.get(event.action)
    if add_detail is not None:
        add_detail(entry, event.detail if isinstance(event.detail, Mapping) else {}, token)
    return entry


def _add_creation(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    entry.lines += _policy_lines(detail.get("policy"), token.token_type)


def _add_edit(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    entry.lines += _edit_lines(_mapping(detail.get("before")), _mapping(detail.get("after")), token.token_type)


def _add_status(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    entry.label = "Enabled" if detail.get("after") == State.ACTIVE else "Disabled"
    entry.lines.append(f"{detail.get('before')} → {detail.get('after')}")


def _add_rotation(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    entry.lines += _rotation_lines(detail)


def _add_end(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    if detail.get("why"):
        entry.lines.append(f"Reason: {detail['why']}.")


def _add_address(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    entry.facts += [(name.capitalize(), str(detail[name])) for name in ("primary", "added", "removed") if detail.get(name)]


def _add_node(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    known = _mapping(detail.get("after")) or _mapping(detail.get("before")) or detail
    entry.facts += [(label, str(known[name])) for name, label in (("node", "Node"), ("name", "Name")) if known.get(name)]


def _add_report(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    place = f" here: {detail['place']}" if detail.get("place") else "."
    entry.lines.append(f"Somebody found its {detail.get('found')}{place}")
    if detail.get("disabled"):
        entry.lines.append("The token was disabled at once.")
    if token.exists:
        entry.link = Link("What to do about a leak", reverse("tokens:leaked", args=[token.token_id]))


def _add_key(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    # Entries from before there were two kinds name none.
    kind = next((kind for kind in KeyKind if kind.value == detail.get("scheme")), None)
    if detail.get("date"):
        entry.lines.append(f"For {detail['date']}{f', {kind.label}' if kind else ''}.")


def _policy_lines(document: object, token_type: TokenType) -> list[str]:
    try:
        return [sentence(token_type, Policy.from_json(document))]
    except PolicyError:
        return []


def _edit_lines(before: Mapping[str, Any], after: Mapping[str, Any], token_type: TokenType) -> list[str]:
    lines = [
        f"{key.capitalize()}: {_quoted(before.get(key))} → {_quoted(after[key])}"
        for key in ("name", "description")
        if key in after
    ]
    if "policy" not in after:
        return lines
    try:
        new = Policy.from_json(after["policy"])
    except PolicyError:
        return [*lines, "Policy: changed to one that cannot be read."]
    try:
        changes = difference(Policy.from_json(before.get("policy")), new, token_type)
    except PolicyError:
        return [*lines, "Policy: replaced one that could not be read.", sentence(token_type, new)]
    lines += [f"Gains – {line}" for line in changes.gains]
    lines += [f"Loses – {line}" for line in changes.loses]
    return lines + (["Policy: written differently, allows the same."] if changes.is_empty else [])


def _rotation_lines(detail: Mapping[str, Any]) -> list[str]:
    try:
        lines = [f"The old private password works: {Grace(str(detail.get('grace'))).label.lower()}."]
    except ValueError:
        lines = []
    if detail.get("old_ends"):
        try:
            ends = datetime.fromisoformat(str(detail["old_ends"]))
        except ValueError:
            return lines
        lines.append(f"It ends {format_minute(ends)} at the latest.")
    return lines


def _add_refusal(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    if detail.get("message"):
        entry.lines.append(str(detail["message"]))
    restriction = BY_JSON_KEY.get(str(detail.get("rule", "")))
    rule = restriction.label if restriction else str(detail.get("rule", ""))
    request = f"{detail.get('method', '')} {detail.get('path', '')}".strip()
    facts = (("Request", request), ("Rule", rule), ("Entry", detail.get("entry")), ("Value", detail.get("value")))
    entry.facts += [(name, str(value)) for name, value in facts if value]
    if not token.exists:
        return
    if restriction:
        edit = reverse("tokens:edit", args=[token.token_id])
        entry.link = Link(f"Change {restriction.label}", f"{edit}#id_{restriction.attribute}")
    elif detail.get("rule") == "policy":
        entry.link = Link("Set a new policy", reverse("tokens:edit", args=[token.token_id]))


def _add_hand_over(entry: Entry, detail: Mapping[str, Any], token: Subject) -> None:
    entry.lines.append("Somebody else sent a whoami request that was signed with this token's private password or signing key.")
    if detail.get("signed_at"):
        entry.facts.append(("Signed", str(detail["signed_at"])))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _quoted(value: object) -> str:
    return f"“{value}”" if value else "nothing"


_DETAILS: dict[str, Callable[[Entry, Mapping[str, Any], Subject], None]] = {
    Action.CREATED: _add_creation,
    Action.IMPORTED: _add_creation,
    Action.EDITED: _add_edit,
    Action.STATUS: _add_status,
    Action.ROTATED: _add_rotation,
    Action.SECRET_ENDED: _add_end,
    Action.KEY_REFRESHED: _add_key,
    Action.KEY_HANDED_OUT: _add_key,
    Action.REFUSED: _add_refusal,
    Action.HANDED_OVER: _add_hand_over,
    Action.REPORTED: _add_report,
    Action.EMAIL_CHANGED: _add_address,
    Action.NODE_SAVED: _add_node,
    Action.NODE_REMOVED: _add_node,
}
