"""Judges requests of the past, as they were counted, by another policy."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from tokens.domain.authorization.rules import AccessRequest, Authorization, authorize
from tokens.domain.errors import TooMuchWork
from tokens.domain.outcomes import Denied, Effective
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.rehearsal.languages import Language, find_outside

_PREFIX = "/solarquery/api/v1/sec"


class Asked(NamedTuple):
    """Requests that asked for the same, and how many there were.

    `path` is below `/api/v1/sec`; `nodes` and `sources` are empty and `aggregation` is "" where the requests named none.
    """

    method: str
    path: str
    nodes: tuple[int, ...]
    sources: tuple[str, ...]
    aggregation: str
    calls: int


class Refusal(NamedTuple):
    """Requests that a policy would refuse, and why."""

    asked: Asked
    denied: Denied


class Replay(NamedTuple):
    """What a policy would make of requests of the past: those that it would refuse, and those that it would answer with less.

    Less is data of fewer nodes or sources, or coarser data, than the policy of before lets them have.
    """

    refused: list[Refusal]
    reduced: list[Asked]


def replay(
    counts: Iterable[Asked],
    policy: Policy,
    before: Policy | None,
    token_type: TokenType,
    *,
    account_nodes: Collection[int],
    now: datetime,
) -> Replay:
    """Judge the counted requests by a policy at `now`, by the rules that judge every request, and compare with the one of before.

    Dates, bodies and metadata paths are not counted, so what depends on them is not known here. With `None`, for a policy that
    cannot be read, nothing is compared.
    """
    found = Replay([], [])
    nodes = frozenset(account_nodes)
    for asked in counts:
        after = authorize(_request_of(asked, policy, token_type, nodes, now))
        if after.denial is not None:
            found.refused.append(Refusal(asked, after.denial))
        elif before is not None and _is_less(after, authorize(_request_of(asked, before, token_type, nodes, now)), nodes):
            found.reduced.append(asked)
    return found


def _is_less(after: Authorization, before: Authorization, nodes: frozenset[int]) -> bool:
    if before.denial is not None or after.effective == before.effective:
        return False
    now, then = after.effective, before.effective
    return (
        _level(now) > _level(then)
        or not _nodes(then, nodes) <= _nodes(now, nodes)
        or _has_fewer_sources(now.source_ids, then.source_ids)
    )


def _level(effective: Effective) -> int:
    return (effective.aggregation or Aggregation.NONE).level


def _nodes(effective: Effective, account_nodes: frozenset[int]) -> frozenset[int]:
    return account_nodes if effective.node_ids is None else frozenset(effective.node_ids)


def _has_fewer_sources(now: tuple[str, ...] | None, then: tuple[str, ...] | None) -> bool:
    try:
        return find_outside(Language(then), Language(now), is_real=bool, is_path=False) is not None
    except TooMuchWork:
        # Not known, so not said.
        return False


def _request_of(asked: Asked, policy: Policy, token_type: TokenType, nodes: frozenset[int], now: datetime) -> AccessRequest:
    return AccessRequest(
        token_type=token_type,
        policy=policy,
        method=asked.method,
        raw_path=_PREFIX + quote(asked.path),
        query=_query_of(asked),
        now=now,
        account_nodes=nodes,
        is_enabled=True,
        is_owner_active=True,
    )


def _query_of(asked: Asked) -> str:
    values = [("nodeIds", ",".join(map(str, asked.nodes))), ("sourceIds", ",".join(asked.sources))]
    return urlencode([(name, value) for name, value in [*values, ("aggregation", asked.aggregation)] if value])
