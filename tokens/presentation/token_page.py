"""What the page of one token shows: its policy, its first use, its private passwords and its activity."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tokens.conf import PAGE_SIZE
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import restrictions_for
from tokens.domain.policies.wording.phrases import FOLD_AFTER
from tokens.domain.policies.wording.sentences import SummaryRow, sentence, summary
from tokens.forms import TryoutForm
from tokens.models import AuditEvent, Node, SecurityToken, TokenSecret
from tokens.presentation.activity import Subject, describe
from tokens.presentation.snippets import ExampleCall, example_calls, snippets_for
from tokens.presentation.use.charts import draw_days
from tokens.presentation.use.refusals import load_refusals
from tokens.services.audit import Action
from tokens.services.use.reading import load_use
from tokens.web import notices
from tokens.web.actors import UserRequest
from tokens.web.paging import page_number


class PolicyLine(NamedTuple):
    """One restriction: in short and, if that leaves something out, with its entries."""

    label: str
    short: str
    full: str
    entries: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class LatestUse:
    """What became of the latest requests, as far as the portal knows: it judges them, and does not see a service's answers.

    `accepted_at`: the latest that was signed with the current private password and allowed. `refusal`: the latest of the token,
    where it is newer. `waits`: what is shown can still change for the better, so it is worth polling.
    """

    accepted_at: datetime | None
    refusal: AuditEvent | None
    works: bool
    is_old_in_use: bool = False

    @property
    def waits(self) -> bool:
        """True if a request can still be the first that is accepted, or the first after a refusal."""
        return self.works and (self.accepted_at is None or self.refusal is not None)

    @property
    def light(self) -> str:
        """The colour's name in the style sheet."""
        if self.refusal is not None:
            return "refused"
        if self.waits:
            return "waiting"
        return "on" if self.works else "off"


def show_token(request: UserRequest, token: SecurityToken, *, problem: str = "", http_status: int = 200) -> HttpResponse:
    """Render the page of a token, with `problem` if what was sent to it could not be done."""
    now = timezone.now()
    told, others = notices.take(request)
    secrets = list(token.secrets.live_at(now))
    policy = token.read_policy()
    calls = calls_of(request, token, policy)
    use = load_use(token, secrets, now.date())
    context = {
        "token": token,
        "state": token.state(now),
        "ending": token.ending(now),
        "problem": problem,
        "notices": told.values(),
        "other_messages": others,
        "secrets": secrets,
        "last_secret": _last_used(secrets),
        "latest": latest_use_of(token, secrets, now),
        "use": use,
        "chart": draw_days(use.days),
        "refusals": load_refusals(token, now),
        "calls": calls,
        "service": request.user.service_address,
        "snippets": snippets_for(token.token_id, [call.url for call in calls]),
        "tryout": TryoutForm(),
        **_policy_context(token, policy),
        **_activity_context(request, token),
    }
    return render(request, "tokens/detail.html", context, status=http_status)


def calls_of(request: UserRequest, token: SecurityToken, policy: Policy | None) -> list[ExampleCall]:
    """Return what the programs on the pages of a token request."""
    portal = request.build_absolute_uri("/").removesuffix("/")
    return example_calls(token.token_type, policy, portal=portal, service=request.user.service_address)


def latest_use_of(token: SecurityToken, secrets: list[TokenSecret], now: datetime) -> LatestUse:
    """Return what became of the latest requests since the current private password was made."""
    current = next((secret for secret in secrets if secret.is_current), None)
    accepted_at = (current.last_use.at if current.last_use else current.first_used_at) if current else None
    return LatestUse(
        accepted_at=accepted_at,
        refusal=_find_refusal(token, since=accepted_at or (current.created_at if current else token.created_at)),
        works=current is not None and token.state(now).is_active,
        is_old_in_use=any(secret.last_use for secret in secrets if not secret.is_current),
    )


def _find_refusal(token: SecurityToken, *, since: datetime) -> AuditEvent | None:
    # "third party, for token …" is about a request that the holder did not send.
    refused = AuditEvent.objects.about(token).filter(action=Action.REFUSED.value, actor_label__startswith="token ", at__gt=since)
    return refused.first()


def _policy_context(token: SecurityToken, policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {"policy": None, "policy_json": json.dumps(token.policy, indent=2, ensure_ascii=False)}
    names = _node_names(token, policy)
    set_rows = {row.json_key for row in policy.set_restrictions()}
    return {
        "policy": policy,
        "sentence": sentence(token.token_type, policy, node_names=names),
        "lines": [_with_names(line, names, policy) for line in _policy_lines(policy)],
        "unset": [row for row in restrictions_for(token.token_type) if row.json_key not in set_rows],
        "gone_nodes": [node for node in policy.node_ids or () if node not in names],
        "policy_json": json.dumps(policy.to_json(), indent=2, ensure_ascii=False),
    }


def _policy_lines(policy: Policy) -> list[PolicyLine]:
    values = (getattr(policy, row.attribute) for row in policy.set_restrictions())
    return [_policy_line(line, value) for line, value in zip(summary(policy), values, strict=True)]


def _policy_line(line: SummaryRow, value: object) -> PolicyLine:
    if not isinstance(value, tuple) or len(value) <= FOLD_AFTER + 1:
        return PolicyLine(*line)
    return PolicyLine(*line, value)


def _node_names(token: SecurityToken, policy: Policy) -> dict[int, str]:
    if policy.node_ids is None:
        return {}
    nodes = Node.objects.filter(owner_id=token.owner_id, node_id__in=policy.node_ids)
    return dict(nodes.values_list("node_id", "name"))


def _with_names(line: PolicyLine, names: dict[int, str], policy: Policy) -> PolicyLine:
    if line.label != "Node IDs" or line.entries:
        return line
    shown = [f"{node} – {names[node]}" if names.get(node) else str(node) for node in policy.node_ids or ()]
    return line._replace(short=", ".join(shown))


def _last_used(secrets: list[TokenSecret]) -> TokenSecret | None:
    used = [(secret.last_use.at, secret.pk, secret) for secret in secrets if secret.last_use]
    return max(used)[-1] if used else None


def _activity_context(request: UserRequest, token: SecurityToken) -> dict[str, Any]:
    events = AuditEvent.objects.about(token)
    page = page_number(request.GET.get("activity_page", ""))
    found = list(events[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    if not found and page > 1:
        page = max(1, -(-events.count() // PAGE_SIZE))
        found = list(events[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    return {
        "activity": [describe(event, Subject.of(event, token)) for event in found[:PAGE_SIZE]],
        "newer_activity": page - 1,
        "older_activity": page + 1 if len(found) > PAGE_SIZE else 0,
    }
