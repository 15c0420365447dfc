"""Whether an edit of a policy makes anything possible that was not: proven, or shown by one request.

A request is allowed when every restriction allows its part, and no restriction asks about another's part. So an edit gives
nothing new exactly when no single restriction does, and for each that does there is a request that shows it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from tokens.domain.authorization.api_methods import METHODS
from tokens.domain.authorization.paths import REFRESH_PATH
from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.dates import format_second
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.matching.texts import is_plain
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import MAX_SOURCE_LENGTH, TokenType
from tokens.domain.policies.wording.phrases import Pattern, Words, aggregation_label, split_paths
from tokens.domain.rehearsal.languages import Language, find_outside

_PREFIX = "/solarquery/api/v1/sec"
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_EVERYTHING = Language(None)
_FIRST_CHOICE = ("/datum/list", "/datum/mostRecent", "/nodes")
_USUAL = tuple(method.path for method in METHODS if method.method == "GET" and "{" not in method.path)


@dataclass(frozen=True, slots=True)
class Account:
    """What examples are made of: the account's nodes, and source IDs and API paths that it knows."""

    nodes: Sequence[int] = ()
    sources: Sequence[str] = ()
    paths: Sequence[str] = ()


class NewAccess(NamedTuple):
    """One thing that becomes possible, in words, and the restriction (attribute of `Policy`) that lets it."""

    attribute: str
    text: Words


class Unproven(Exception):
    """It is not known whether the edit makes anything possible; nothing may be claimed."""


def find_new_access(before: Policy | None, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    """Return something that a policy allows and the one before did not; `None` if it is proven that there is nothing.

    Args:
        before: the policy so far; `None` for a stored one that cannot be read, which allows nothing.
        after: the policy to be saved, valid for the type.
        token_type: of the token.
        account: for examples.

    Raises:
        Unproven: it takes too much work to know.
    """
    try:
        if before is None:
            return NewAccess("policy", Words("any request that the new policy allows"))
        for find in (_new_path, _new_node, _new_source, _new_level, _new_metadata, _new_time, _new_refresh):
            found = find(before, after, token_type, account)
            if found is not None:
                return found
    except TooMuchWork as error:
        raise Unproven from error
    return None


def _new_path(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    if before.api_paths is None or before.api_paths == after.api_paths:
        return None
    inner, outer = _paths_of(after), _paths_of(before)

    def is_real(path: str) -> bool:
        return _allows(after, token_type, path) and not _allows(before, token_type, path)

    known = next((path for path in (*account.paths, *_FIRST_CHOICE, *_USUAL) if is_real(path)), None)
    path = known or find_outside(inner, outer, is_real=is_real, is_path=True)
    if path is not None:
        return NewAccess("api_paths", _request(path, after, account))
    # A server may ignore the parameters of a path's segments, and an exclusion looks behind them: the search does not.
    wildcards = inner.entries is None or not all(map(is_plain, inner.entries))
    if wildcards and not all(PatternSet(inner.exclusions).find_around(entry) for entry in outer.exclusions):
        raise Unproven
    return None


def _new_node(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    if before.node_ids is None:
        return None
    gained = [node for node in (account.nodes if after.node_ids is None else after.node_ids) if node not in before.node_ids]
    if gained:
        return NewAccess("node_ids", _request(_path_for(after, token_type, account), after, account, node=gained[0]))
    if after.node_ids is None:
        return NewAccess("node_ids", Words("data of every node that your account gets later"))
    return None


def _new_source(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    if before.source_ids is None or before.source_ids == after.source_ids:
        return None
    inner, outer = Language(after.source_ids), Language(before.source_ids)
    allowed, known = _PatternsOf(after.source_ids), _PatternsOf(before.source_ids)
    source = next((text for text in account.sources if allowed.has(text) and not known.has(text)), None)
    source = source or find_outside(inner, outer, is_real=_is_source, is_path=False)
    if source is None:
        return None
    return NewAccess("source_ids", _request(_path_for(after, token_type, account), after, account, source=source))


def _new_level(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    if _level(after.min_aggregation) >= _level(before.min_aggregation):
        return None
    return NewAccess("min_aggregation", _request(_path_for(after, token_type, account), after, account))


def _new_metadata(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    for attribute, label in (("node_metadata_paths", "node metadata"), ("user_metadata_paths", "account metadata")):
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old is None or old == new:
            continue
        path = find_outside(Language(new), Language(old), is_real=_is_metadata_path, is_path=True)
        if path is not None:
            return NewAccess(attribute, Words(f"{label} at ", Pattern(path)))
    return None


def _new_time(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    ends_at, later = before.expires_at(), after.expires_at()
    if ends_at is None or (later is not None and later <= ends_at):
        return None
    return NewAccess("not_after", Words(f"any request after {format_second(ends_at)}"))


def _new_refresh(before: Policy, after: Policy, token_type: TokenType, account: Account) -> NewAccess | None:
    if before.refresh_allowed or not after.refresh_allowed:
        return None
    return NewAccess("refresh_allowed", Words("refreshing a signing key: ", Pattern(f"GET {_PREFIX}{REFRESH_PATH}")))


def _paths_of(policy: Policy) -> Language:
    if policy.api_paths is None:
        return _EVERYTHING
    included, excluded = split_paths(policy.api_paths)
    return Language(tuple(included) or None, tuple(excluded))


def _allows(policy: Policy, token_type: TokenType, path: str) -> bool:
    """Return whether a policy's API Paths allow a request of a path, by the rules that judge it."""
    asked = Policy(api_paths=policy.api_paths)
    raw_path = _PREFIX + quote(path)
    request = AccessRequest(
        token_type=token_type,
        policy=asked,
        method="GET",
        raw_path=raw_path,
        query="",
        now=_LONG_AGO,
        account_nodes=None,
        is_enabled=True,
        is_owner_active=True,
    )
    return authorize(request).denial is None


def _path_for(policy: Policy, token_type: TokenType, account: Account) -> str:
    """Return an API path that a policy allows: one that the account uses, or a usual one."""
    usual = (path for path in (*account.paths, *_FIRST_CHOICE, *_USUAL) if _allows(policy, token_type, path))
    found = next(usual, None) or find_outside(
        _paths_of(policy), Language(()), is_real=lambda path: _allows(policy, token_type, path), is_path=True
    )
    if found is None:
        # No path at all is allowed, so nothing is possible.
        raise Unproven
    return found


def _request(path: str, after: Policy, account: Account, *, node: int | None = None, source: str | None = None) -> Words:
    """Return a request that the policy allows, with the parts that matter."""
    if node is None and after.node_ids is not None:
        node = next((known for known in after.node_ids if known in account.nodes), None)
    values: list[tuple[str, object]] = [("nodeId", node), ("sourceId", source)]
    if after.min_aggregation not in {None, Aggregation.NONE}:
        values.append(("aggregation", after.min_aggregation))
    query = urlencode([(name, value) for name, value in values if value is not None], safe="/*?")
    text = Words(Pattern(f"GET {_PREFIX}{quote(path)}{'?' if query else ''}{query}"))
    return text if after.min_aggregation not in {None, Aggregation.NONE} else Words(text, _raw(after))


def _raw(after: Policy) -> str:
    return "" if after.min_aggregation is None else f" with aggregation {aggregation_label(after.min_aggregation)}"


def _level(aggregation: Aggregation | None) -> int:
    return 0 if aggregation is None else aggregation.level


def _is_source(text: str) -> bool:
    return 0 < len(text) <= MAX_SOURCE_LENGTH and is_plain(text) and "," not in text


def _is_metadata_path(path: str) -> bool:
    segments = path.split("/")[1:]
    return all(segments) and ((segments[0] == "m" and len(segments) > 1) or (segments[0] == "pm" and len(segments) > 2))


class _PatternsOf:
    """A list of sources, `None` for all."""

    def __init__(self, entries: Collection[str] | None) -> None:
        self._patterns = None if entries is None else PatternSet(tuple(entries))

    def has(self, text: str) -> bool:
        return self._patterns is None or self._patterns.find(text) is not None
