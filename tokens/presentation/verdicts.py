"""What would become of a request: tried out against a policy, saved or only drafted, by the rules that judge real ones."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from tokens.domain.authorization import policy_rules
from tokens.domain.authorization.metadata import filter_metadata
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.outcomes import Allowed, Denied, Effective, Reason
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import BY_JSON_KEY, TokenType
from tokens.forms import Trial
from tokens.models import Node, SecurityToken

_MARK = "x"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's answer, for the page."""

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
    if token.status != SecurityToken.Status.ACTIVE:
        return _refused(trial, Step(False, "Status", "The token is disabled: every request is refused.", ""))
    policy = token.read_policy()
    if policy is None:
        return _refused(trial, Step(False, "Policy", "The stored policy cannot be read: every request is refused.", ""))
    return judge_trial(trial, policy, token_type=token.token_type, owner=token.owner, now=now)


def judge_trial(trial: Trial, policy: Policy, *, token_type: TokenType, owner: User, now: datetime) -> Verdict:
    """Judge a request under a policy, saved or only drafted."""
    expiry = policy_rules.decide_expiry(policy, now)
    if isinstance(expiry, Denied):
        return _refused(trial, _step(expiry))
    nodes = Node.objects.filter(owner=owner).values_list("node_id", flat=True) if token_type is TokenType.DATA else ()
    decision = _decide(trial, policy, token_type, frozenset(nodes))
    if isinstance(decision, Denied):
        return _refused(trial, _step(expiry), *map(_step, decision.before), _step(decision))
    steps = [_step(reason) for reason in (expiry, *decision.reasons)]
    if trial.metadata_path and token_type is TokenType.DATA:
        steps.append(_decide_metadata(trial, policy))
    return Verdict(all(step.ok for step in steps), _request_text(trial), tuple(steps), decision.effective)


def _decide(trial: Trial, policy: Policy, token_type: TokenType, nodes: Collection[int]) -> Allowed | Denied:
    return policy_rules.decide_request(
        policy, token_type=token_type, method=trial.method, raw_path=trial.raw_path, query=trial.query, account_nodes=nodes
    )


def _decide_metadata(trial: Trial, policy: Policy) -> Step:
    """Ask for one metadata path by asking for a document that has nothing but that."""
    row = BY_JSON_KEY[trial.metadata_rule]
    if trial.metadata_path.split("/")[:2] not in (["", "m"], ["", "pm"]):
        return Step(False, row.label, "A metadata path starts with /m or /pm.", "")
    paths: tuple[str, ...] | None = getattr(policy, row.attribute)
    kept = filter_metadata(_document_with(trial.metadata_path), paths, rule=row.json_key)
    if isinstance(kept, Denied) or not kept:
        return Step(False, row.label, f"No entry of {row.label} matches {trial.metadata_path}.", "")
    entry = PatternSet(paths).find(trial.metadata_path) if paths else None
    return Step(True, row.label, f"{trial.metadata_path} may be seen.", entry or "")


def _document_with(path: str) -> dict[str, object]:
    document: object = _MARK
    for segment in reversed(path.strip("/").split("/")):
        document = {segment: document}
    return document if isinstance(document, dict) else {}


def _refused(trial: Trial, *steps: Step) -> Verdict:
    return Verdict(False, _request_text(trial), steps)


def _request_text(trial: Trial) -> str:
    return f"{trial.method} {trial.raw_path}" + (f"?{trial.query}" if trial.query else "")


def _step(found: Reason | Denied) -> Step:
    row = BY_JSON_KEY.get(found.rule)
    words = {"type": "Token type", "nodes": "Nodes of the account"}
    return Step(found.ok, row.label if row else words.get(found.rule, found.rule), found.message, found.entry)
