"""The last refusals of a token, those for the same reason together, each with what to change so that it would pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from tokens.domain.policies.table import BY_JSON_KEY, Restriction
from tokens.domain.text import shorten
from tokens.models import AuditEvent, SecurityToken
from tokens.presentation.activity import Link
from tokens.services.audit import Action

_LOOK_BACK = timedelta(days=30)
# How many entries are read, and how many reasons are shown.
_MOST_READ = 500
_MOST_SHOWN = 10
_OFFERS = {
    "apiPaths": "Allow {value} too?",
    "nodeIds": "Allow node {value} too?",
    "sourceIds": "Allow source {value} too?",
    "notAfter": "Give it a later expiry date?",
    "refreshAllowed": "Allow refreshing?",
}


@dataclass(slots=True)
class Refusals:
    """Requests that were refused for one reason."""

    rule: str
    entry: str
    value: str
    message: str
    request: str
    last_at: datetime
    count: int = 0
    link: Link | None = None


def load_refusals(token: SecurityToken, now: datetime) -> list[Refusals]:
    """Return the refusals of the last 30 days by reason, the newest reason first, with one query."""
    events = AuditEvent.objects.about(token).filter(
        action=Action.REFUSED.value, actor_label__startswith="token ", at__gt=now - _LOOK_BACK
    )
    found: dict[tuple[str, str, str], Refusals] = {}
    for event in events[:_MOST_READ]:
        detail = event.detail if isinstance(event.detail, Mapping) else {}
        rule, entry, value = (str(detail.get(name) or "") for name in ("rule", "entry", "value"))
        group = found.get((rule, entry, value))
        if group is None:
            request = f"{detail.get('method', '')} {detail.get('path', '')}".strip()
            group = Refusals(_label(rule), entry, value, str(detail.get("message") or ""), request, event.at)
            group.link = _link(token, BY_JSON_KEY.get(rule), rule, value)
            found[rule, entry, value] = group
        group.count += event.count
    return list(found.values())[:_MOST_SHOWN]


def _label(rule: str) -> str:
    restriction = BY_JSON_KEY.get(rule)
    return restriction.label if restriction else rule


def _link(token: SecurityToken, restriction: Restriction | None, rule: str, value: str) -> Link | None:
    edit = reverse("tokens:edit", args=[token.token_id])
    if restriction is None:
        return Link("Set a new policy", edit) if rule == "policy" else None
    offer = _OFFERS.get(rule, "") if value or "{" not in _OFFERS.get(rule, "{") else ""
    text = offer.format(value=shorten(value)) if offer else f"Change {restriction.label}"
    return Link(text, f"{edit}#id_{restriction.attribute}")
