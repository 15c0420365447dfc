"""What a policy makes of a request, and why (SPEC, "The policy table" and "Signed requests").

Each rule answers with a `Reason` or with `Denied`; both say which entry and which value decided. The judge asks them in SPEC's
order: `decide_expiry`, `decide_type`, `decide_api_path`, `decide_data`; `decide_request` asks the last three at once.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from tokens.domain.authorization.data_rules import decide_aggregation, decide_nodes, decide_sources
from tokens.domain.authorization.paths import leads_to_solaruser, read_api_path, without_parameters
from tokens.domain.authorization.requested import read_asked
from tokens.domain.dates import format_iso, format_second
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.outcomes import UNRESTRICTED, Allowed, Denied, Effective, Reason
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.text import shorten

# Asks for no data: it answers with a key and reads nothing of a node.
REFRESH_PATH = "/auth-tokens/refresh/v2"

_NO_EXPIRY = Reason("notAfter", "The token never expires.")
_USER_TYPE = Reason("type", "A User token may use every method.")
_DATA_TYPE = Reason("type", "A Data token may read.")
_EVERY_PATH = Reason("apiPaths", "Every API method is allowed.")
_USER_DATA = Allowed(UNRESTRICTED, (Reason("type", "A User token has no data policy."),))
_NO_DATA = Allowed(UNRESTRICTED, (Reason("type", "Refreshing a signing key asks for no data."),))


def decide_expiry(policy: Policy, now: datetime) -> Reason | Denied:
    """Tell whether the token is still valid at `now` (UTC): up to and including the last instant."""
    if policy.not_after is None:
        return _NO_EXPIRY
    expires_at, valid = _expiry(policy)
    if now <= expires_at:
        return valid
    value = format_iso(now)
    return Denied("notAfter", value, valid.entry, f"The token expired on {format_second(expires_at)}.")


@lru_cache(maxsize=1024)
def _expiry(policy: Policy) -> tuple[datetime, Reason]:
    """Return the last instant of a policy that has one, and the reason to give until then."""
    expires_at = policy.expires_at()
    if expires_at is None:
        raise ValueError("The policy never expires.")
    entry = format_iso(expires_at)
    return expires_at, Reason("notAfter", f"The token works until {format_second(expires_at)}.", entry)


def decide_refresh(policy: Policy) -> Reason | Denied:
    """Tell whether the token may fetch a new signing key: only a grant allows it."""
    if policy.refresh_allowed is True:
        return Reason("refreshAllowed", "The policy allows refreshing signing keys.", "true")
    return Denied("refreshAllowed", "", "", "The policy does not allow refreshing signing keys (Refresh Allowed).")


def decide_type(token_type: TokenType, method: str, raw_path: str) -> Reason | Denied:
    """Tell whether a token of this type may use the method (upper case) on the path (as sent)."""
    if token_type is TokenType.USER:
        return _USER_TYPE
    if method not in {"GET", "HEAD"}:
        return Denied("type", shorten(method), "", f"A Data token only reads: GET and HEAD, not {shorten(method)}.")
    if leads_to_solaruser(raw_path):
        return Denied("type", shorten(raw_path), "", "A Data token may use nothing under /solaruser/.")
    return _DATA_TYPE


def decide_api_path(policy: Policy, raw_path: str) -> Reason | Denied:
    """Tell whether API Paths allow a path (as sent): no exclusion matches it and, if there are plain entries, one does."""
    if policy.api_paths is None:
        return _EVERY_PATH
    read = read_api_path(raw_path)
    if read.path is None:
        message = f"The path {read.problem}, and this token is restricted to certain API paths."
        return Denied("apiPaths", shorten(raw_path), "", message)
    compiled = _compile(policy)
    value = shorten(read.path)
    # A server that ignores `;parameters` must not find behind them what is excluded.
    exclusion = compiled.excluded.find(read.path) or (";" in read.path and compiled.excluded.find(without_parameters(read.path)))
    if exclusion:
        return Denied("apiPaths", value, f"!{exclusion}", f"The API path {value} is excluded by !{exclusion}.")
    if not compiled.included.entries and compiled.excluded.entries:
        return Reason("apiPaths", f"No exclusion matches {value}.", "", value)
    entry = compiled.included.find(read.path)
    if entry is None:
        return Denied("apiPaths", value, "", f"No entry of API Paths matches {value}.")
    return Reason("apiPaths", f"{value} matches {entry}.", entry, value)


def decide_data(
    policy: Policy,
    *,
    token_type: TokenType,
    raw_path: str,
    query: str,
    method: str,
    account_nodes: Collection[int] | None,
) -> Allowed | Denied:
    """Tell what a request may see, which is never more than the policy grants; a User token has no data policy.

    Args:
        policy: the token's.
        token_type: the token's.
        raw_path: as sent, still percent-encoded.
        query: as sent, without the "?".
        method: upper case.
        account_nodes: every node of the token's account; `None` where that is not asked for.
    """
    if token_type is TokenType.USER:
        return _USER_DATA
    if is_key_refresh(method, raw_path):
        return _NO_DATA
    asked = read_asked(method=method, raw_path=raw_path, query=query)
    if isinstance(asked, Denied):
        return asked
    compiled = _compile(policy)
    nodes = decide_nodes(asked, policy.node_ids, compiled.nodes, account_nodes)
    if isinstance(nodes, Denied):
        return nodes
    sources = decide_sources(asked, compiled.sources)
    if isinstance(sources, Denied):
        return replace(sources, before=(nodes[1],))
    aggregation = decide_aggregation(asked.aggregation, policy.min_aggregation)
    return Allowed(Effective(nodes[0], sources[0], aggregation[0]), (nodes[1], sources[1], aggregation[1]))


def decide_request(
    policy: Policy,
    *,
    token_type: TokenType,
    method: str,
    raw_path: str,
    query: str,
    account_nodes: Collection[int] | None,
) -> Allowed | Denied:
    """Ask the rules of type, API path and data in this order; the first denial counts. Arguments as for `decide_data`."""
    by_type = decide_type(token_type, method, raw_path)
    if isinstance(by_type, Denied):
        return by_type
    by_path = decide_api_path(policy, raw_path)
    if isinstance(by_path, Denied):
        return replace(by_path, before=(by_type,))
    by_data = decide_data(
        policy, token_type=token_type, raw_path=raw_path, query=query, method=method, account_nodes=account_nodes
    )
    if isinstance(by_data, Denied):
        return replace(by_data, before=(by_type, by_path, *by_data.before))
    return Allowed(by_data.effective, (by_type, by_path, *by_data.reasons))


def is_key_refresh(method: str, raw_path: str) -> bool:
    """Tell the request that fetches a new signing key: no data rule applies to it."""
    return method in {"GET", "HEAD"} and raw_path == f"/solarquery/api/v1/sec{REFRESH_PATH}"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A policy's lists, ready to be asked."""

    included: PatternSet
    excluded: PatternSet
    nodes: frozenset[int] | None
    sources: PatternSet | None


@lru_cache(maxsize=1024)
def _compile(policy: Policy) -> _Compiled:
    paths = policy.api_paths or ()
    return _Compiled(
        included=PatternSet([entry for entry in paths if not entry.startswith("!")]),
        excluded=PatternSet([entry[1:] for entry in paths if entry.startswith("!")]),
        nodes=None if policy.node_ids is None else frozenset(policy.node_ids),
        sources=None if policy.source_ids is None else PatternSet(policy.source_ids),
    )
