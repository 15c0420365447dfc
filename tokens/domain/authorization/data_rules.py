"""The data policy: which nodes and sources a request may see, and how finely (SPEC, "Rules")."""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from tokens.domain.authorization.paths import REFRESH_PATH, is_whoami
from tokens.domain.authorization.requested import Requested, read_requested
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.matching.texts import is_plain
from tokens.domain.matching.work import Work
from tokens.domain.outcomes import TOO_LARGE, UNRESTRICTED, Allowed, Denied, Effective, Reason
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.text import shorten

_SHOWN_ENTRIES = 5
_REFRESH_PATH = f"/solarquery/api/v1/sec{REFRESH_PATH}"
_EVERY_NODE = Reason("nodeIds", "The request names no node, and every node is allowed.")
_EVERY_SOURCE = Reason("sourceIds", "Every source is allowed.")
_EVERY_AGGREGATION = Reason("minAggregation", "Any aggregation is allowed.")
_REFRESH = Allowed(UNRESTRICTED, (Reason("type", "Refreshing a signing key reads no data."),))
_WHOAMI = Allowed(UNRESTRICTED, (Reason("type", "Asking what a token is reads no data."),))


class Nodes(NamedTuple):
    """The nodes a request may see (`None`: it names none and nothing restricts it), and why."""

    kept: tuple[int, ...] | None
    reason: Reason


class Sources(NamedTuple):
    """The sources a request may see (`None`: it names none and nothing restricts it), and why."""

    kept: tuple[str, ...] | None
    reason: Reason


class Level(NamedTuple):
    """The aggregation a request gets (`None`: it names none and none is required), and why."""

    aggregation: Aggregation | None
    reason: Reason


def decide_data(
    policy: Policy, *, method: str, raw_path: str, query: str, account_nodes: Collection[int] | None
) -> Allowed | Denied:
    """Decide what a Data token's request may see, which is never more than the policy grants.

    Args:
        policy: the token's.
        method: upper case.
        raw_path: as sent, still percent-encoded.
        query: as sent, without the "?".
        account_nodes: every node of the token's account; `None` if that is not to be checked.
    """
    if is_key_refresh(method, raw_path):
        return _REFRESH
    if is_whoami(method, raw_path):
        return _WHOAMI
    requested = read_requested(method=method, raw_path=raw_path, query=query)
    if isinstance(requested, Denied):
        return requested
    nodes = decide_nodes(requested, policy.node_ids, account_nodes)
    if isinstance(nodes, Denied):
        return nodes
    sources = decide_sources(requested, policy.source_ids)
    if isinstance(sources, Denied):
        return replace(sources, before=(nodes.reason,))
    level = decide_aggregation(requested.aggregation, policy.min_aggregation)
    return Allowed(Effective(nodes.kept, sources.kept, level.aggregation), (nodes.reason, sources.reason, level.reason))


def is_key_refresh(method: str, raw_path: str) -> bool:
    """Tell the request that fetches a new signing key: no data rule applies to it."""
    return method in {"GET", "HEAD"} and raw_path == _REFRESH_PATH


def decide_nodes(requested: Requested, granted: tuple[int, ...] | None, account: Collection[int] | None) -> Nodes | Denied:
    """Keep the nodes that the policy and the account allow.

    Args:
        requested: what the request names.
        granted: the policy's nodes; `None` if it names none.
        account: every node of the account; `None` if that is not to be checked.
    """
    owned = None if account is None else frozenset(account)
    if requested.nodes is None:
        return _decide_unnamed_nodes(granted, owned)
    in_policy = _keep(requested.nodes, None if granted is None else frozenset(granted))
    kept = _keep(in_policy, owned)
    # A server takes the node from the path, whatever else the request names: that node itself must be allowed.
    lost = next((node for node in requested.path_nodes if node not in kept), None)
    if lost is not None:
        return _deny_nodes((lost,), is_in_policy=lost in in_policy)
    if not kept:
        return _deny_nodes(requested.nodes, is_in_policy=bool(in_policy))
    rule = "nodes" if granted is None else "nodeIds"
    named = requested.nodes
    return Nodes(kept, Reason(rule, lambda: f"Of the requested nodes, {_listed(kept)} may be seen.", "", lambda: _listed(named)))


def _decide_unnamed_nodes(granted: tuple[int, ...] | None, owned: Set[int] | None) -> Nodes | Denied:
    """Return the nodes of a request that names none: the policy's, or else the account's."""
    if granted is None:
        return _decide_every_node(owned)
    kept = _keep(granted, owned)
    if not kept:
        message = "None of the policy's nodes belongs to the token's account any more."
        return Denied("nodes", _listed(granted), "", message)
    return Nodes(kept, Reason("nodeIds", "The request names no node: the policy's nodes apply.", lambda: _listed(kept)))


def _decide_every_node(owned: Set[int] | None) -> Nodes | Denied:
    if owned is None:
        return Nodes(None, _EVERY_NODE)
    if not owned:
        # An empty list must not travel on from here: one layer down it means "every node".
        return Denied("nodes", "", "", "The token's account has no nodes.")
    kept = tuple(sorted(owned))
    return Nodes(kept, Reason("nodes", "The request names no node: every node of the account applies.", lambda: _listed(kept)))


def _keep(nodes: Iterable[int], allowed: Set[int] | None) -> tuple[int, ...]:
    """Return the nodes that are allowed, in order; `None` allows all."""
    return tuple(nodes) if allowed is None else tuple([node for node in nodes if node in allowed])


def _deny_nodes(refused: Sequence[int], *, is_in_policy: bool) -> Denied:
    value = _listed(refused)
    nodes = "Node" if len(refused) == 1 else "Nodes"
    if is_in_policy:
        return Denied("nodes", value, "", f"{nodes} {value}: not among the nodes of the token's account.")
    return Denied("nodeIds", value, "", f"{nodes} {value}: not among the policy's nodes.")


def decide_sources(requested: Requested, source_ids: tuple[str, ...] | None) -> Sources | Denied:
    """Keep the sources that the policy allows (`None` if it names none); patterns never get wider."""
    if source_ids is None:
        return Sources(requested.sources, _EVERY_SOURCE)
    if requested.sources is None:
        return _decide_unnamed_sources(source_ids)
    try:
        return _decide_named_sources(requested, requested.sources, source_ids)
    except TooMuchWork:
        return _deny_too_large(requested.sources, source_ids)


def _decide_named_sources(requested: Requested, sources: tuple[str, ...], source_ids: tuple[str, ...]) -> Sources | Denied:
    work = Work()
    granted = PatternSet(source_ids, work)
    allowed = _allowing_entries(sources, granted)
    # As for nodes: what the path names cannot be replaced, so it must be allowed as it is.
    lost = next((source for source in requested.path_sources if source not in allowed), None)
    if lost is not None:
        return _deny_sources([lost])
    kept = sources if len(allowed) == len(sources) else _keep_sources(sources, allowed, source_ids, work)
    if not kept:
        return _deny_sources(sources)
    entry = next(iter(allowed.values()), "")
    reason = Reason(
        "sourceIds", lambda: f"Of the requested sources, {_listed(kept)} may be seen.", entry, lambda: _listed(sources)
    )
    return Sources(kept, reason)


def _decide_unnamed_sources(source_ids: tuple[str, ...]) -> Sources | Denied:
    """Return the sources of a request that names none: the policy's."""
    if not source_ids:
        return Denied("sourceIds", "", "", "The policy allows no source.")
    message = "The request names no source: the policy's sources apply."
    return Sources(source_ids, Reason("sourceIds", message, lambda: _listed(source_ids)))


def _allowing_entries(sources: Sequence[str], granted: PatternSet) -> dict[str, str]:
    """Return, for each source that stays as it is, the entry that allows it."""
    found = ((source, granted.find_around(source)) for source in sources)
    return {source: entry for source, entry in found if entry is not None}


def _keep_sources(sources: Sequence[str], allowed: dict[str, str], source_ids: Sequence[str], work: Work) -> tuple[str, ...]:
    """Return what is allowed, and in place of a pattern that is not, the policy's plain source IDs that it matches."""
    wider = [source for source in sources if source not in allowed and not is_plain(source)]
    replaced = _replacements(wider, source_ids, work)
    kept: dict[str, None] = {}
    for source in sources:
        kept.update(dict.fromkeys([source] if source in allowed else replaced.get(source, ())))
    return tuple(kept)


def _replacements(patterns: Sequence[str], source_ids: Sequence[str], work: Work) -> dict[str, list[str]]:
    """Return the policy's plain source IDs under the first of the patterns that matches them."""
    found: dict[str, list[str]] = {}
    if not patterns:
        return found
    requested = PatternSet(patterns, work)
    for source in filter(is_plain, source_ids):
        pattern = requested.find(source)
        if pattern is not None:
            found.setdefault(pattern, []).append(source)
    return found


def _deny_sources(refused: Sequence[str]) -> Denied:
    value = _listed(refused)
    return Denied("sourceIds", value, "", f"No entry of Source IDs allows {value}.")


def _deny_too_large(requested: Sequence[str], source_ids: Sequence[str]) -> Denied:
    """Deny all of a request that is too large to be judged: a part of what it may see would look like all of it."""
    message = (
        f"The request is too large: comparing its {len(requested):,} sources with the policy's {len(source_ids):,} takes too "
        "much work. Name fewer sources at a time, or fewer patterns."
    )
    return Denied(TOO_LARGE, _listed(requested), "", message)


def decide_aggregation(requested: Aggregation | None, minimum: Aggregation | None) -> Level:
    """Raise the requested aggregation to the policy's minimum."""
    if minimum is None or minimum is Aggregation.NONE:
        return Level(requested, _EVERY_AGGREGATION)
    if requested is not None and requested.level >= minimum.level:
        return Level(requested, Reason("minAggregation", lambda: f"{requested} is not finer than {minimum}.", minimum, requested))
    wanted = "No aggregation" if requested is None else requested.value
    return Level(
        minimum, Reason("minAggregation", lambda: f"{wanted} is requested: it is raised to {minimum}.", minimum, requested or "")
    )


def _listed(values: Sequence[int] | Sequence[str]) -> str:
    """Return the first values of a list, for a message."""
    text = shorten(", ".join([str(value) for value in values[:_SHOWN_ENTRIES]]))
    more = len(values) - _SHOWN_ENTRIES
    return f"{text} and {more:,} more" if more > 0 else text
