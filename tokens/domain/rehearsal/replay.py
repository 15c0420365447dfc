"""Judges requests of the past, as they were counted, by another policy."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.outcomes import Denied
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

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


def replay(
    counts: Iterable[Asked], policy: Policy, token_type: TokenType, *, account_nodes: Collection[int], now: datetime
) -> Iterator[Refusal]:
    """Yield which of the counted requests the policy would refuse at `now`, by the rules that judge every request.

    Dates, bodies and metadata paths are not counted, so what depends on them is not known here.
    """
    nodes = frozenset(account_nodes)
    for asked in counts:
        request = AccessRequest(
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
        denial = authorize(request).denial
        if denial is not None:
            yield Refusal(asked, denial)


def _query_of(asked: Asked) -> str:
    values = [("nodeIds", ",".join(map(str, asked.nodes))), ("sourceIds", ",".join(asked.sources))]
    return urlencode([(name, value) for name, value in [*values, ("aggregation", asked.aggregation)] if value])
