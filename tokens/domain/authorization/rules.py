"""The rules that every request is checked against, in order (SPEC, "Signed requests").

`RULES` is that order. `authorize` walks it, for real requests (`judge`) as for those that a page tries out, so that both give
the same answer. Each rule returns a `Reason`, `Allowed` (with what the request may see), `Denied`, or `None` if it does not
apply.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from tokens.domain.authorization.data_rules import decide_data
from tokens.domain.authorization.paths import (
    REFRESH_PATH,
    api_path,
    is_whoami,
    leads_to_solaruser,
    read_api_path,
    without_parameters,
)
from tokens.domain.dates import format_iso, format_second, from_milliseconds
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.texts import Text
from tokens.domain.matching.work import Work
from tokens.domain.outcomes import TOO_LARGE, UNRESTRICTED, Allowed, Denied, Effective, Reason
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.policies.wording.phrases import split_paths
from tokens.domain.states import State
from tokens.domain.text import shorten

_IN_FORCE = Reason("status", "The token is enabled and its account active.")
_NO_EXPIRY = Reason("notAfter", "The token never expires.")
_USER_TYPE = Reason("type", "A User token may use every method.")
_DATA_TYPE = Reason("type", "A Data token may read.")
_WHOAMI_TYPE = Reason("type", "Any token may ask what it is.")
_WHOAMI_PATH = Reason("apiPaths", "Any token may ask what it is, whatever its API Paths.")
_EVERY_PATH = Reason("apiPaths", "Every API method is allowed.")
_USER_DATA = Allowed(UNRESTRICTED, (Reason("type", "A User token has no data policy."),))


class AccessRequest(NamedTuple):
    """One request of one token, as far as the rules ask about it.

    Attributes:
        token_type: the token's.
        policy: the token's; `None` if the stored one cannot be read, which denies everything.
        method: upper case.
        raw_path: as sent, still percent-encoded.
        query: as sent, without the "?".
        now: the instant of judging (UTC).
        account_nodes: every node of the token's account; `None` if that is not to be checked.
        is_enabled, is_owner_active: the token's status and its account's.
    """

    token_type: TokenType
    policy: Policy | None
    method: str
    raw_path: str
    query: str
    now: datetime
    account_nodes: Collection[int] | None = None
    is_enabled: bool = True
    is_owner_active: bool = True


Decision = Reason | Allowed | Denied | None


class Rule(NamedTuple):
    """One rule. `step` names it in explanations ("" for the data policy, whose reasons have names of their own)."""

    step: str
    code: str
    decide: Callable[[AccessRequest], Decision]


class Finding(NamedTuple):
    """What one rule found, under the name of its step."""

    step: str
    decision: Reason | Denied


class Authorization(NamedTuple):
    """What the rules decided, in order, up to the first denial.

    `code` is the API's code of that denial, "" if nothing is denied; `effective` is what the request may see.
    """

    decisions: Sequence[Reason | Allowed | Denied | None] = ()
    code: str = ""
    denial: Denied | None = None
    effective: Effective = UNRESTRICTED

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What each rule found, for explanations; few are ever read."""
        return tuple(chain.from_iterable(map(_find, RULES, self.decisions)))


def _find(rule: Rule, decision: Decision) -> list[Finding]:
    if decision is None:
        return []
    if isinstance(decision, Allowed):
        return [Finding(rule.step or reason.rule, reason) for reason in decision.reasons]
    before = [Finding(reason.rule, reason) for reason in decision.before] if isinstance(decision, Denied) else []
    return [*before, Finding(rule.step or decision.rule, decision)]


def authorize(request: AccessRequest) -> Authorization:
    """Check a request against every rule in order; the first denial counts."""
    decisions: list[Decision] = []
    effective = UNRESTRICTED
    for _, code, decide in RULES:
        decision = decide(request)
        decisions.append(decision)
        if isinstance(decision, Denied):
            return Authorization(decisions, code, decision)
        if isinstance(decision, Allowed):
            effective = decision.effective
    return Authorization(decisions, effective=effective)


def decide_status(request: AccessRequest) -> Denied | None:
    """Deny everything to a token that is disabled."""
    if request.is_enabled:
        return None
    return Denied("status", State.DISABLED, "", "This token is disabled. Its owner can enable it.")


def decide_owner(request: AccessRequest) -> Reason | Denied:
    """Deny everything to a token whose account is not active."""
    if request.is_owner_active:
        return _IN_FORCE
    return Denied("owner", "inactive", "", "The account of this token is not active. An administrator can activate it.")


def decide_readable(request: AccessRequest) -> Denied | None:
    """Deny everything to a token whose stored policy cannot be read."""
    if request.policy is not None:
        return None
    message = "The stored policy of this token cannot be read, so it allows nothing. Its owner can set a new policy."
    return Denied("policy", "", "", message)


def decide_expiry(policy: Policy, now: datetime) -> Reason | Denied:
    """Decide whether the token is still valid at `now` (UTC): up to and including the last instant."""
    if policy.not_after is None:
        return _NO_EXPIRY
    expires_at = from_milliseconds(policy.not_after)
    if now > expires_at:
        return Denied("notAfter", format_iso(now), format_iso(expires_at), f"The token expired on {format_second(expires_at)}.")
    return Reason("notAfter", lambda: f"The token works until {format_second(expires_at)}.", lambda: format_iso(expires_at))


def decide_type(token_type: TokenType, method: str, raw_path: str) -> Reason | Denied:
    """Decide whether a token of this type may use the method (upper case) on the path (as sent)."""
    if token_type is TokenType.USER:
        return _USER_TYPE
    if method not in {"GET", "HEAD"}:
        return Denied("type", shorten(method), "", f"A Data token only reads: it may use GET and HEAD, not {shorten(method)}.")
    if is_whoami(method, raw_path):
        return _WHOAMI_TYPE
    if leads_to_solaruser(raw_path):
        return Denied("type", shorten(raw_path), "", "Under /solaruser/ a Data token may only use whoami.")
    return _DATA_TYPE


def decide_api_path(policy: Policy, raw_path: str) -> Reason | Denied:
    """Decide whether API Paths allow a path (as sent): no exclusion matches it and, if there are plain entries, one does."""
    if policy.api_paths is None:
        return _EVERY_PATH
    read = read_api_path(raw_path)
    if read.path is None:
        message = f"The path {read.problem}, and this token is restricted to certain API paths."
        return Denied("apiPaths", shorten(raw_path), "", message)
    try:
        return _decide_readable_path(policy.api_paths, read.path)
    except TooMuchWork:
        message = f"The path is too long: comparing it with the policy's {len(policy.api_paths):,} paths takes too much work."
        return Denied(TOO_LARGE, shorten(read.path), "", message)


def _decide_readable_path(paths: tuple[str, ...], path: str) -> Reason | Denied:
    included, excluded = split_paths(paths)
    text = Text(path, Work())
    exclusion = _find_exclusion(excluded, path, text) if excluded else None
    if exclusion is not None:
        value = shorten(path)
        return Denied("apiPaths", value, f"!{exclusion}", f"The API path {value} is excluded by !{exclusion}.")
    if not included and excluded:
        return Reason("apiPaths", lambda: f"No exclusion matches {shorten(path)}.", "", lambda: shorten(path))
    entry = text.find_match(included)
    if entry is None:
        value = shorten(path)
        return Denied("apiPaths", value, "", f"No entry of API Paths matches {value}.")
    return Reason("apiPaths", lambda: f"{shorten(path)} matches {entry}.", entry, lambda: shorten(path))


def decide_refresh(policy: Policy) -> Reason | Denied:
    """Decide whether the token may fetch a new signing key: only a grant allows it."""
    if policy.refresh_allowed is True:
        return Reason("refreshAllowed", "The policy allows refreshing signing keys.", "true")
    return Denied("refreshAllowed", "", "", "The policy does not allow refreshing signing keys (Refresh Allowed).")


def asks_for_signing_key(raw_path: str) -> bool:
    """Return whether a path, however it is spelled, leads to the call that returns a new signing key."""
    # Nearly no path does; only one that names it, or may hide it behind an escape, is parsed.
    return ("refresh" in raw_path or "%" in raw_path) and api_path(raw_path) == REFRESH_PATH


def _decide_api_path_request(request: AccessRequest) -> Reason | Denied:
    # Exclusions do not apply either: what the holder learns is what every later refusal would tell it bit by bit.
    if is_whoami(request.method, request.raw_path):
        return _WHOAMI_PATH
    return decide_api_path(_policy(request), request.raw_path)


def _decide_refresh_request(request: AccessRequest) -> Decision:
    return decide_refresh(_policy(request)) if asks_for_signing_key(request.raw_path) else None


def _decide_data_request(request: AccessRequest) -> Allowed | Denied:
    if request.token_type is TokenType.USER:
        return _USER_DATA
    return decide_data(
        _policy(request),
        method=request.method,
        raw_path=request.raw_path,
        query=request.query,
        account_nodes=request.account_nodes,
    )


def _policy(request: AccessRequest) -> Policy:
    """Return the policy, which the rules before have found readable."""
    if request.policy is None:
        raise ValueError("The policy cannot be read.")
    return request.policy


# In the order of the specification (SPEC, "Signed requests"), after the signature and the date.
RULES: tuple[Rule, ...] = (
    Rule("status", "TOKEN_DISABLED", decide_status),
    Rule("status", "ACCOUNT_INACTIVE", decide_owner),
    Rule("policy", "POLICY_UNREADABLE", decide_readable),
    Rule("expiry", "TOKEN_EXPIRED", lambda request: decide_expiry(_policy(request), request.now)),
    Rule("type", "TYPE_NOT_ALLOWED", lambda request: decide_type(request.token_type, request.method, request.raw_path)),
    Rule("apiPaths", "API_PATH_NOT_ALLOWED", _decide_api_path_request),
    Rule("refreshAllowed", "REFRESH_NOT_ALLOWED", _decide_refresh_request),
    Rule("", "DATA_NOT_ALLOWED", _decide_data_request),
)


def _find_exclusion(excluded: Sequence[str], path: str, text: Text) -> str | None:
    found = text.find_match(excluded)
    if found is None and ";" in path:
        # A server that ignores `;parameters` must not find behind them what is excluded.
        found = Text(without_parameters(path), Work()).find_match(excluded)
    return found
