"""What a token asked for in the last days, for rehearsing another policy and for narrowing the one it has."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Sum

from tokens.domain.policies.aggregation import Aggregation, find_aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import MAX_ENTRIES, TokenType
from tokens.domain.rehearsal.proof import Account, Unproven, find_new_access
from tokens.domain.rehearsal.replay import Asked, Refusal, replay
from tokens.models import Node, SecurityToken, UseDay, UseScope
from tokens.services.use.reading import SHOWN_DAYS, group_of

# The requests that are asked most often; there are seldom more kinds.
_MOST_KINDS = 500
# A proposal needs to have seen a week, because much is done on certain days only.
LEAST_DAYS = 7
_WATCHED_DAYS = 90
_MOST_PATHS = 50


class Past(NamedTuple):
    """What a token asked for and got: the kinds of requests, and how many calls are not known in detail."""

    kinds: list[Asked]
    unknown: int

    @property
    def calls(self) -> int:
        """All calls that are known in detail."""
        return sum(asked.calls for asked in self.kinds)


class Rehearsal(NamedTuple):
    """Which calls of the last days a policy would have refused, the most frequent first, and how many would have got less."""

    past: Past
    refusals: list[Refusal]
    reduced: int

    @property
    def refused(self) -> int:
        """How many calls that are."""
        return sum(refusal.asked.calls for refusal in self.refusals)


class Proposal(NamedTuple):
    """A policy made of what a token used: since when it was watched, and what it could not be narrowed by."""

    policy: Policy
    since: date
    days: int
    past: Past
    notes: list[str]


def load_past(token: SecurityToken, today: date, days: int = SHOWN_DAYS) -> Past:
    """Load what a token asked for in the last days and was allowed, with one query."""
    rows = UseScope.objects.filter(token=token, day__gt=today - timedelta(days=days), allowed__gt=0)
    columns = ("method", "path", "nodes", "sources", "aggregation", "is_partial")
    found = rows.values_list(*columns).annotate(calls=Sum("allowed")).order_by("-calls")[:_MOST_KINDS]
    kinds = []
    unknown = 0
    for method, path, nodes, sources, aggregation, is_partial, calls in found:
        if is_partial:
            unknown += calls
            continue
        kinds.append(Asked(method, path, _list(nodes), _list(sources), aggregation, calls))
    return Past(kinds, unknown)


def rehearse(token: SecurityToken, policy: Policy, *, now: datetime) -> Rehearsal:
    """Judge the calls of the last 30 days by another policy than the token has, with two queries."""
    past = load_past(token, now.date())
    nodes = _nodes_of(token)
    found = replay(past.kinds, policy, token.read_policy(), token.token_type, account_nodes=nodes, now=now)
    refusals = sorted(found.refused, key=lambda refusal: -refusal.asked.calls)
    return Rehearsal(past, refusals, reduced=sum(asked.calls for asked in found.reduced))


def watched_since(token: SecurityToken, today: date) -> date | None:
    """Return since when the use of a token is counted, at most 90 days ago; `None` if it was not used since."""
    start = today - timedelta(days=_WATCHED_DAYS)
    return UseDay.objects.filter(token=token, day__gt=start).order_by("day").values_list("day", flat=True).first()


def propose(token: SecurityToken, policy: Policy, *, now: datetime) -> Proposal | None:
    """Propose a policy that allows what the token used and, where the use leaves it open, no more; never more than today's.

    Returns:
        The proposal, `None` if the token was watched for fewer than 7 days.
    """
    today = now.date()
    since = watched_since(token, today)
    days = (today - since).days + 1 if since else 0
    if since is None or days < LEAST_DAYS:
        return None
    past = load_past(token, today, _WATCHED_DAYS)
    if past.unknown or len(past.kinds) == _MOST_KINDS:
        note = "Some requests are too many or too long to be known in detail, so nothing can be narrowed safely."
        return Proposal(policy, since, days, past, [note])
    notes: list[str] = []
    proposed = replace(policy, api_paths=_narrow_paths(past, policy))
    if token.token_type is TokenType.DATA:
        proposed = replace(
            proposed,
            node_ids=_narrow_nodes(past, policy, notes),
            source_ids=_narrow_sources(past, policy, notes),
            min_aggregation=_narrow_level(past, policy, notes),
        )
    return Proposal(_never_wider(proposed, policy, token), since, days, past, notes)


def _never_wider(proposed: Policy, policy: Policy, token: SecurityToken) -> Policy:
    """Return the proposal without what may be wider than today's: what was used under an earlier policy, for example."""
    account = Account(nodes=_nodes_of(token))
    for attribute in ("api_paths", "node_ids", "source_ids", "min_aggregation"):
        narrowed = replace(policy, **{attribute: getattr(proposed, attribute)})
        try:
            is_wider = find_new_access(policy, narrowed, token.token_type, account) is not None
        except Unproven:
            is_wider = True
        if is_wider:
            proposed = replace(proposed, **{attribute: getattr(policy, attribute)})
    return proposed


def _narrow_paths(past: Past, policy: Policy) -> tuple[str, ...] | None:
    paths = sorted({asked.path for asked in past.kinds})
    if not paths or not all(map(_is_entry, paths)):
        return policy.api_paths
    if len(paths) > _MOST_PATHS:
        paths = sorted({f"{group_of(path)}/**" for path in paths})
    return tuple(paths)


def _narrow_nodes(past: Past, policy: Policy, notes: list[str]) -> tuple[int, ...] | None:
    if not past.kinds or not all(asked.nodes for asked in past.kinds):
        notes.append("Some requests name no node and get every node of the policy, so the nodes stay as they are.")
        return policy.node_ids
    owned = tuple(sorted({node for asked in past.kinds for node in asked.nodes}))
    if policy.node_ids is None:
        return owned
    # None is left of what an earlier policy allowed: an empty list would say nothing.
    return tuple(node for node in policy.node_ids if node in owned) or policy.node_ids


def _narrow_sources(past: Past, policy: Policy, notes: list[str]) -> tuple[str, ...] | None:
    if not past.kinds or not all(asked.sources for asked in past.kinds):
        notes.append("Some requests name no source and get every source of the policy, so the sources stay as they are.")
        return policy.source_ids
    used = sorted({source for asked in past.kinds for source in asked.sources})
    return tuple(used) if len(used) <= MAX_ENTRIES else policy.source_ids


def _narrow_level(past: Past, policy: Policy, notes: list[str]) -> Aggregation | None:
    levels = [find_aggregation(asked.aggregation) if asked.aggregation else None for asked in past.kinds]
    known = [level for level in levels if level is not None]
    if not known or len(known) < len(levels):
        notes.append("Some requests name no aggregation, so it stays as it is.")
        return policy.min_aggregation
    finest = min(known, key=lambda level: level.level)
    today = policy.min_aggregation
    return finest if today is None or finest.level > today.level else today


def _is_entry(path: str) -> bool:
    return path.startswith("/") and not any(character in path for character in "*?,\n")


def _list(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text)) if text else ()


def _nodes_of(token: SecurityToken) -> Sequence[int]:
    return list(Node.objects.filter(owner=token.owner_id).values_list("node_id", flat=True))
