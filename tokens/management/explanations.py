"""Judging a question of `explain_request` and telling every step: as JSON for programs, in words for people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tokens import conf
from tokens.domain.authorization.judge import Credential, Judgement, Outcome, Step, judge_claim, read_claim
from tokens.domain.authorization.metadata import filter_metadata
from tokens.domain.outcomes import UNRESTRICTED, Denied, Effective
from tokens.domain.policies.table import BY_JSON_KEY
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import Claim
from tokens.management.request_document import Metadata, Question

JudgeStored = Callable[[SignedRequest, datetime], Judgement]

_HINTS = {
    "wellFormed": (
        "Sign host, x-sn-date (or date) and, where they are sent, content-type, content-md5, digest and every other x-sn-*.",
        "The header reads: SNWS2 Credential=<token>,SignedHeaders=<names joined by ;>,Signature=<64 lower-case hex digits>.",
    ),
    "knownToken": ("Check the token identifier after Credential=; upper and lower case count.",),
    "signature": (
        "Compare the canonical request below with the one that your client makes, line by line: the first difference is it.",
        "Nothing differs? Then the key does: is it this token's private password, with snts_, and has it been rotated?",
        "A signing key works on its own day and the six after it, by UTC calendar days of the request's date.",
        "The body must be byte for byte what was signed, line breaks at its end included.",
    ),
    "date": ("The date is UTC; set the client's clock by NTP.",),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What becomes of a request, with every step told; `metadata` is what the policy lets through of the document asked about."""

    outcome: Outcome
    status: int
    code: str
    steps: tuple[Step, ...]
    signed: Claim | None = None
    effective: Effective = UNRESTRICTED
    metadata: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of docs/commands.md, "explain_request"."""
        return {
            "outcome": self.outcome.value,
            "status": self.status,
            "code": self.code,
            "steps": [step._asdict() for step in self.steps],
            "canonical_request": self.signed.canonical if self.signed else None,
            "string_to_sign": self.signed.string_to_sign if self.signed else None,
            "effective": {**self.effective.to_json(), "metadata": self.metadata},
        }


def explain(question: Question, judge_stored: JudgeStored) -> Explanation:
    """Judge a question as the API and the gateway would.

    Args:
        question: the request, and maybe its token.
        judge_stored: judges a request whose token is to be looked up; not asked where the question brings the token.
    """
    if len(question.request.body or b"") > conf.MAX_BODY_BYTES:
        too_large = Step("size", False, f"The body is larger than {conf.MAX_BODY_BYTES:,} bytes.")
        return Explanation(Outcome.DENIED, 413, "TOO_LARGE", (too_large,))
    token = question.token
    judgement = judge_stored(question.request, question.now) if token is None else _judge_given(question, token)
    explanation = Explanation(
        outcome=judgement.outcome,
        status=judgement.status,
        code=judgement.code,
        steps=tuple(_with_problems(step, question) for step in judgement.steps),
        signed=judgement.signed,
        effective=judgement.effective,
    )
    if question.metadata is None or not judgement.is_allowed or judgement.credential is None:
        return explanation
    return _explain_metadata(explanation, judgement, question.metadata)


def _judge_given(question: Question, token: Credential) -> Judgement:
    """Judge a question that brings its token along."""
    claim = read_claim(question.request)
    if isinstance(claim, Judgement):
        return claim
    return judge_claim(question.request, claim, token if claim.token_id == token.token_id else None, now=question.now)


def _with_problems(step: Step, question: Question) -> Step:
    """Add to the step that a policy failed why it could not be read: this is for the one who wrote it."""
    if step.ok or step.step != "policy" or not question.policy_problems:
        return step
    return step._replace(detail=" ".join([step.detail, *(f"{one.field}: {one.message}" for one in question.policy_problems)]))


def _explain_metadata(explanation: Explanation, judgement: Judgement, metadata: Metadata) -> Explanation:
    row = BY_JSON_KEY[metadata.rule]
    paths = getattr(judgement.credential.policy, row.attribute) if judgement.credential else ()
    kept = filter_metadata(metadata.document, paths, rule=metadata.rule)
    if isinstance(kept, Denied):
        steps = (*explanation.steps, Step(metadata.rule, False, kept.message))
        return replace(
            explanation, outcome=Outcome.DENIED, status=403, code="METADATA_NOT_ALLOWED", steps=steps, effective=UNRESTRICTED
        )
    told = f"Not set: {row.unset_means}." if paths is None else f"What {row.label} matches is kept."
    return replace(explanation, steps=(*explanation.steps, Step(metadata.rule, True, told)), metadata=kept)


def in_words(explanation: Explanation) -> Iterator[str]:
    """Yield the lines that a person reads: the steps, the outcome, hints for what failed, and what was signed."""
    for number, step in enumerate(explanation.steps, 1):
        yield f"{number:>3}. {'✓' if step.ok else '✗'} {step.step}: {step.detail}"
    yield f"\n{explanation.outcome.value.capitalize()}: {explanation.status} {explanation.code}"
    failed = next((step.step for step in explanation.steps if not step.ok), "")
    for hint in _HINTS.get(failed, ()):
        yield f"  Hint: {hint}"
    if explanation.outcome is Outcome.ALLOWED:
        yield "\nEffective:"
        for name, value in explanation.effective.to_json().items():
            yield f"  {name}: {'not restricted' if value is None else value}"
        if explanation.metadata is not None:
            yield f"  metadata: {explanation.metadata}"
    if explanation.signed:
        yield "\nCanonical request:"
        yield from (f"  | {line}" for line in explanation.signed.canonical.split("\n"))
        yield "\nString to sign:"
        yield from (f"  | {line}" for line in explanation.signed.string_to_sign.split("\n"))
