"""The rules of the data policy: which nodes and sources a request may see, and how finely. Asked by `decisions`."""

from collections.abc import Collection, Sequence, Set
from typing import NamedTuple

from tokens.domain.authorization.requested import Asked
from tokens.domain.matching.patterns import PatternSet, Work, is_plain
from tokens.domain.outcomes import Denied, Reason
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.text import shorten

_EVERY_NODE = Reason("nodeIds", "No node is asked for, and none is out of reach.")
_EVERY_SOURCE = Reason("sourceIds", "Every source is allowed.")
_EVERY_AGGREGATION = Reason("minAggregation", "Any aggregation is allowed.")


class Nodes(NamedTuple):
    """The nodes a request may see (`None`: nothing restricts it and none is asked for), and why."""

    kept: tuple[int, ...] | None
    reason: Reason


class Sources(NamedTuple):
    """The sources a request may see (`None`: nothing restricts it and none is asked for), and why."""

    kept: tuple[str, ...] | None
    reason: Reason


class Level(NamedTuple):
    """The aggregation a request gets (`None`: none is asked for and none is required), and why."""

    aggregation: Aggregation | None
    reason: Reason


def decide_nodes(
    asked: Asked, listed: tuple[int, ...] | None, granted: frozenset[int] | None, account: Collection[int] | None
) -> Nodes | Denied:
    """Keep the nodes that the policy and the account allow.

    Args:
        asked: what the request names.
        listed: the policy's nodes in order; `None` where it names none.
        granted: the same as a set.
        account: every node of the account; `None` where that is not asked for.
    """
    owned = account if account is None or isinstance(account, Set) else frozenset(account)
    wanted = asked.nodes if asked.nodes is not None else listed
    if wanted is None:
        return _every_node(owned)
    kept = tuple([node for node in wanted if (granted is None or node in granted) and (owned is None or node in owned)])
    # A server takes the node from the path, whatever else the request names: that node itself must be allowed.
    lost = next((node for node in asked.path_nodes if node not in kept), None)
    if lost is not None or not kept:
        return _node_denied(wanted if lost is None else (lost,), granted, asked_for=asked.nodes is not None)
    if asked.nodes is None:
        return Nodes(kept, Reason("nodeIds", "No node is asked for: the policy's nodes are.", _listed(kept)))
    rule = "nodes" if granted is None else "nodeIds"
    return Nodes(kept, Reason(rule, f"Of the nodes asked for, {_listed(kept)} may be seen.", "", _listed(asked.nodes)))


def _every_node(owned: Set[int] | None) -> Nodes | Denied:
    """Return the account's nodes: nothing is asked for and the policy names none."""
    if owned is None:
        return Nodes(None, _EVERY_NODE)
    if not owned:
        # An empty list must not travel on from here: one layer down it means "every node".
        return Denied("nodes", "", "", "The token's account has no nodes.")
    kept = tuple(sorted(owned))
    return Nodes(kept, Reason("nodes", "No node is asked for: every node of the account is.", _listed(kept)))


def _node_denied(refused: Sequence[int], granted: frozenset[int] | None, *, asked_for: bool) -> Denied:
    if not asked_for:
        return Denied("nodes", _listed(refused), "", "None of the policy's nodes belongs to the token's account any more.")
    value = _listed(refused)
    are = "Node" if len(refused) == 1 else "Nodes"
    if granted is not None and granted.isdisjoint(refused):
        return Denied("nodeIds", value, "", f"{are} {value}: not among the policy's nodes.")
    return Denied("nodes", value, "", f"{are} {value}: not among the nodes of the token's account.")


def decide_sources(asked: Asked, granted: PatternSet | None) -> Sources | Denied:
    """Keep the sources that the policy allows (`granted` is `None` where it names none); patterns never get wider."""
    if granted is None:
        return Sources(asked.sources, _EVERY_SOURCE)
    if asked.sources is None:
        if not granted.entries:
            return Denied("sourceIds", "", "", "The policy allows no source.")
        reason = Reason("sourceIds", "No source is asked for: the policy's sources are.", _listed(granted.entries))
        return Sources(granted.entries, reason)
    deciding = _deciding_entries(asked.sources, granted)
    others = [source for source in asked.sources if source not in deciding and not is_plain(source)]
    replaced = _replacements(others, granted) if others else {}
    kept: dict[str, None] = {}
    for source in asked.sources:
        kept.update(dict.fromkeys([source] if source in deciding else replaced.get(source, ())))
    # As for nodes: what the path names cannot be replaced, so it must be allowed as it is.
    refused = next(([source] for source in asked.path_sources if source not in deciding), asked.sources if not kept else None)
    if refused:
        value = _listed(refused)
        return Denied("sourceIds", value, "", f"No entry of Source IDs allows {value}.")
    message = f"Of the sources asked for, {_listed(tuple(kept))} may be seen."
    return Sources(tuple(kept), Reason("sourceIds", message, next(iter(deciding.values()), ""), _listed(asked.sources)))


def _deciding_entries(asked: Sequence[str], granted: PatternSet) -> dict[str, str]:
    """Return, for each source that stays as it is, the entry that allows it."""
    work = Work()
    found: dict[str, str] = {}
    for source in asked:
        entry = granted.find_around(source, work)
        if entry is not None:
            found[source] = entry
    return found


def _replacements(patterns: Sequence[str], granted: PatternSet) -> dict[str, list[str]]:
    """Return the policy's plain source IDs under the first of the asked patterns that matches them."""
    found: dict[str, list[str]] = {}
    asked = PatternSet(patterns)
    for source in granted.plain:
        pattern = asked.find(source)
        if pattern is not None:
            found.setdefault(pattern, []).append(source)
    return found


def decide_aggregation(asked: Aggregation | None, minimum: Aggregation | None) -> Level:
    """Raise the aggregation asked for to the policy's minimum."""
    if minimum is None or minimum is Aggregation.NONE:
        return Level(asked, _EVERY_AGGREGATION)
    if asked is not None and asked.level >= minimum.level:
        return Level(asked, Reason("minAggregation", f"{asked} is not finer than {minimum}.", minimum, asked))
    wanted = "No aggregation" if asked is None else asked.value
    return Level(minimum, Reason("minAggregation", f"{wanted} is asked for and raised to {minimum}.", minimum, asked or ""))


def _listed(values: Sequence[int] | Sequence[str]) -> str:
    """Return the first values of a list, for a message."""
    text = ", ".join([str(value) for value in values[:5]])
    return shorten(text) + (f" and {len(values) - 5:,} more" if len(values) > 5 else "")
