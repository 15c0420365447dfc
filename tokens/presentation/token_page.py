"""What the page of one token shows: its policy, its first use, its private passwords and its activity."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tokens.conf import PAGE_SIZE
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import restrictions_for
from tokens.domain.policies.wording import sentence
from tokens.domain.states import State
from tokens.forms import TryoutForm
from tokens.models import AuditEvent, Node, SecurityToken, TokenSecret
from tokens.presentation.activity import describe
from tokens.presentation.rows import PolicyLine, policy_lines
from tokens.presentation.snippets import example_path, snippets_for
from tokens.web.actors import UserRequest
from tokens.web.paging import page_number


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Whether the token is in use: since when, and whether its requests would pass now.

    `waits`: a first request can still come, so it is worth polling.
    """

    since: datetime | None
    works: bool
    waits: bool
    is_old_in_use: bool = False


def show_token(request: UserRequest, token: SecurityToken, *, problem: str = "", http_status: int = 200) -> HttpResponse:
    """Render the page of a token, with `problem` if what was sent to it could not be done."""
    now = timezone.now()
    secrets = list(token.secrets.live_at(now))
    policy = token.read_policy()
    url = request.build_absolute_uri(example_path(token.token_type, policy))
    context = {
        "token": token,
        "state": token.state(now),
        "problem": problem,
        "secrets": secrets,
        "last_secret": _last_used(secrets),
        "first_use": first_use_of(token, secrets, now),
        "snippets": snippets_for(token.token_id, url),
        "tryout": TryoutForm(),
        **_policy_context(token, policy),
        **_activity_context(request, token),
    }
    return render(request, "tokens/detail.html", context, status=http_status)


def first_use_of(token: SecurityToken, secrets: list[TokenSecret], now: datetime) -> FirstUse:
    """Return since when the current private password has been in use, and whether a first request can still come."""
    current = next((secret for secret in secrets if secret.is_current), None)
    works = current is not None and token.state(now) is State.ACTIVE
    since = current.first_used_at if current else None
    is_old_in_use = any(secret.last_used_at for secret in secrets if not secret.is_current)
    return FirstUse(since=since, works=works, waits=works and since is None, is_old_in_use=is_old_in_use)


def _policy_context(token: SecurityToken, policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {"policy": None, "policy_json": json.dumps(token.policy, indent=2, ensure_ascii=False)}
    names = _node_names(token, policy)
    set_rows = {row.json_key for row in policy.set_restrictions()}
    return {
        "policy": policy,
        "sentence": sentence(token.token_type, policy, node_names=names),
        "lines": [_with_names(line, names, policy) for line in policy_lines(policy, unfolded=1000)],
        "unset": [row for row in restrictions_for(token.token_type) if row.json_key not in set_rows],
        "gone_nodes": [node for node in policy.node_ids or () if node not in names],
        "policy_json": json.dumps(policy.to_json(), indent=2, ensure_ascii=False),
    }


def _node_names(token: SecurityToken, policy: Policy) -> dict[int, str]:
    if policy.node_ids is None:
        return {}
    nodes = Node.objects.filter(owner_id=token.owner_id, node_id__in=policy.node_ids)
    return dict(nodes.values_list("node_id", "name"))


def _with_names(line: PolicyLine, names: dict[int, str], policy: Policy) -> PolicyLine:
    if line.label != "Node IDs" or line.total:
        return line
    shown = [f"{node} – {names[node]}" if names.get(node) else str(node) for node in policy.node_ids or ()]
    return line._replace(short=", ".join(shown))


def _last_used(secrets: list[TokenSecret]) -> TokenSecret | None:
    used = [secret for secret in secrets if secret.last_used_at]
    return max(used, key=lambda secret: secret.last_used_at or secret.created_at) if used else None


def _activity_context(request: UserRequest, token: SecurityToken) -> dict[str, Any]:
    events = AuditEvent.objects.about(token)
    page = page_number(request.GET.get("activity_page", ""))
    found = list(events[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    if not found and page > 1:
        page = max(1, -(-events.count() // PAGE_SIZE))
        found = list(events[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    return {
        "activity": [describe(event, token) for event in found[:PAGE_SIZE]],
        "newer_activity": page - 1,
        "older_activity": page + 1 if len(found) > PAGE_SIZE else 0,
    }
