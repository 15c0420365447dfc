"""Trying a request out against a policy, saved or drafted, by the same rules that judge real requests."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from tokens.domain.authorization.metadata import filter_metadata
from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.outcomes import TOO_LARGE, Denied, Effective, Reason
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import BY_JSON_KEY, TokenType
from tokens.forms import Trial
from tokens.models import Node, SecurityToken

_MARK = "x"
# The rules that are no restriction of the policy table.
RULE_LABELS = {
    "status": "Status",
    "owner": "Account",
    "policy": "Policy",
    "type": "Token type",
    "nodes": "Nodes of the account",
    TOO_LARGE: "Size of the request",
}


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one rule, for the page."""

    ok: bool
    rule: str
    message: str
    entry: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed or denied, the request as it was judged, why, and what it would see."""

    allowed: bool
    request: str
    steps: tuple[Step, ...]
    effective: Effective | None = None


def judge_saved(token: SecurityToken, trial: Trial, *, now: datetime) -> Verdict:
    """Judge a request of a token as it is stored, its status included."""
    policy = token.read_policy()
    is_enabled = token.owner_status.is_active
    return judge_trial(trial, policy, token_type=token.token_type, owner=token.owner, now=now, is_enabled=is_enabled)


def judge_trial(
    trial: Trial, policy: Policy | None, *, token_type: TokenType, owner: User, now: datetime, is_enabled: bool = True
) -> Verdict:
    """Judge a request under a policy, saved or only drafted (`None`: the stored one cannot be read)."""
    nodes = Node.objects.filter(owner=owner).values_list("node_id", flat=True) if token_type is TokenType.DATA else ()
    authorization = authorize(
        AccessRequest(
            token_type=token_type,
            policy=policy,
            method=trial.method,
            raw_path=trial.raw_path,
            query=trial.query,
            now=now,
            account_nodes=frozenset(nodes),
            is_enabled=is_enabled,
            is_owner_active=owner.is_active,
        )
    )
    steps = [_step(finding.decision) for finding in authorization.findings]
    if policy is not None and authorization.denial is None and trial.metadata_path and token_type is TokenType.DATA:
        steps.append(_decide_metadata(trial, policy))
    is_allowed = all(step.ok for step in steps)
    return Verdict(is_allowed, _request_text(trial), tuple(steps), authorization.effective if is_allowed else None)


def _decide_metadata(trial: Trial, policy: Policy) -> Step:
    """Check one metadata path by filtering a document that contains nothing else."""
    row = BY_JSON_KEY[trial.metadata_rule]
    if trial.metadata_path.split("/")[:2] not in (["", "m"], ["", "pm"]):
        return Step(False, row.label, "A metadata path starts with /m or /pm.", "")
    paths: tuple[str, ...] | None = getattr(policy, row.attribute)
    kept = filter_metadata(_document_with(trial.metadata_path), paths, rule=row.json_key)
    if isinstance(kept, Denied) or not kept:
        return Step(False, row.label, f"No entry of {row.label} matches {trial.metadata_path}.", "")
    return Step(True, row.label, f"{trial.metadata_path} may be seen.", _matching_entry(paths or (), trial.metadata_path))


def _matching_entry(paths: tuple[str, ...], metadata_path: str) -> str:
    try:
        return PatternSet(paths).find(metadata_path) or ""
    except TooMuchWork:
        return ""


def _document_with(path: str) -> dict[str, object]:
    document: object = _MARK
    for segment in reversed(path.strip("/").split("/")):
        document = {segment: document}
    return document if isinstance(document, dict) else {}


def _request_text(trial: Trial) -> str:
    return f"{trial.method} {trial.raw_path}" + (f"?{trial.query}" if trial.query else "")


def _step(decision: Reason | Denied) -> Step:
    row = BY_JSON_KEY.get(decision.rule)
    label = row.label if row else RULE_LABELS.get(decision.rule, decision.rule)
    return Step(decision.ok, label, decision.message, decision.entry)
