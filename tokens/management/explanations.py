"""Judges the requests of `explain_request` and explains every step, as JSON or as text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tokens import conf
from tokens.domain.authorization.judge import Credential, Judgement, Outcome, Step, judge_claim, read_claim
from tokens.domain.authorization.metadata import filter_metadata
from tokens.domain.diagnosis.diagnose import Diagnosis, diagnose
from tokens.domain.diagnosis.schemes import open_case
from tokens.domain.diagnosis.suspecting.keys import KnownSecret
from tokens.domain.outcomes import UNRESTRICTED, Denied, Effective
from tokens.domain.policies.table import BY_JSON_KEY
from tokens.domain.signing.claims import Claim
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import accept_signature, find_scheme
from tokens.management.request_document import Metadata, RequestDocument

JudgeStored = Callable[[SignedRequest, datetime], Judgement]
FindSecrets = Callable[[str, datetime], Sequence[KnownSecret]]

_SNWS2_HINTS = {
    "wellFormed": (
        "Sign host, x-sn-date (or date) and, if they are sent, content-type, content-md5, digest and every other x-sn-*.",
        "The format is: SNWS2 Credential=<token>,SignedHeaders=<names joined by ;>,Signature=<64 lower-case hex digits>.",
    ),
    "knownToken": ("Check the token identifier after Credential=; it is case sensitive.",),
    "signature": (
        "Compare the canonical request below with your client's, line by line: the first difference is the error.",
        "If they are equal, check the key: is it this token's private password, with snts_, and has it been rotated?",
        "A signing key is valid on its own day and the six days after it (UTC), by the request's date.",
        "The body must be exactly what was signed, including line breaks at its end.",
    ),
    "date": ("The date is UTC; synchronize the client's clock (NTP).",),
}
_MESSAGE_SIGNATURE_HINTS = {
    **_SNWS2_HINTS,
    "wellFormed": ("This request needs a signature of this form, with any label: {accepted}",),
    "knownToken": ("Check the token identifier in keyid, up to the first colon; it is case sensitive.",),
    "signature": (
        "Compare the signature base below with your client's, line by line: the first difference is the error.",
        "If they are equal, check the key: with a day in keyid it is made with SNWS3, not SNWS2; without, it is the password.",
        "Is it this token's private password, with snts_, and has it been rotated?",
        "The signature is base64 between colons, of the HMAC's 32 bytes.",
    ),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The outcome for a request, with every step.

    `metadata` is the part of the metadata document that the policy allows; `hints` are for people.
    """

    outcome: Outcome
    status: int
    code: str
    steps: tuple[Step, ...]
    signed: Claim | None = None
    effective: Effective = UNRESTRICTED
    metadata: dict[str, Any] | None = None
    hints: tuple[str, ...] = ()

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


def explain(document: RequestDocument, judge_stored: JudgeStored) -> Explanation:
    """Judge a request as the API and the gateway would.

    Args:
        document: the request, and optionally its token.
        judge_stored: judges a request after looking up its token; not called if the document has a token.
    """
    if len(document.request.body or b"") > conf.MAX_BODY_BYTES:
        too_large = Step("size", False, f"The body is larger than {conf.MAX_BODY_BYTES:,} bytes.")
        return Explanation(Outcome.DENIED, 413, "TOO_LARGE", (too_large,))
    token = document.token
    judgement = judge_stored(document.request, document.now) if token is None else _judge_with_token(document, token)
    explanation = Explanation(
        outcome=judgement.outcome,
        status=judgement.status,
        code=judgement.code,
        steps=tuple(_with_problems(step, document) for step in judgement.steps),
        signed=judgement.signed,
        effective=judgement.effective,
        hints=_find_hints(document.request, judgement),
    )
    if document.metadata is None or not judgement.is_allowed or judgement.credential is None:
        return explanation
    return _explain_metadata(explanation, judgement, document.metadata)


def diagnose_document(document: RequestDocument, explanation: Explanation, find_secrets: FindSecrets) -> Diagnosis | None:
    """Find out why a request is not authenticated; `None` if it is, or if nothing can be said.

    Args:
        document: the request, and optionally its token.
        explanation: of the document.
        find_secrets: finds the private passwords of a stored token; not called if the document has a token.
    """
    failed = next((step.step for step in explanation.steps if not step.ok), "")
    case = open_case(document.request, hosts=(), now=document.now) if failed in {"wellFormed", "signature"} else None
    if case is None:
        return None
    if document.token is None:
        return diagnose(case, "", find_secrets(case.token_id, document.now))
    secrets = document.token.secrets if case.token_id == document.token.token_id else ()
    return diagnose(case, "", [KnownSecret(secret.reveal) for secret in secrets])


def _find_hints(request: SignedRequest, judgement: Judgement) -> tuple[str, ...]:
    """Return what may help with the step that failed."""
    failed = next((step.step for step in judgement.steps if not step.ok), "")
    scheme = find_scheme(request)
    hints = _SNWS2_HINTS if scheme is None or scheme.challenge else _MESSAGE_SIGNATURE_HINTS
    return tuple(hint.format(accepted=accept_signature(request)) for hint in hints.get(failed, ()))


def _judge_with_token(document: RequestDocument, token: Credential) -> Judgement:
    """Judge a request whose token is part of the document."""
    claim = read_claim(document.request)
    if isinstance(claim, Judgement):
        return claim
    return judge_claim(document.request, claim, token if claim.token_id == token.token_id else None, now=document.now)


def _with_problems(step: Step, document: RequestDocument) -> Step:
    """Add the problems of the document's policy to the step that failed because of it."""
    if step.ok or step.step != "policy" or not document.policy_problems:
        return step
    return step._replace(
        detail=" ".join([step.detail, *(f"{problem.field}: {problem.message}" for problem in document.policy_problems)])
    )


def _explain_metadata(explanation: Explanation, judgement: Judgement, metadata: Metadata) -> Explanation:
    row = BY_JSON_KEY[metadata.rule]
    paths = getattr(judgement.credential.policy, row.attribute) if judgement.credential else ()
    kept = filter_metadata(metadata.document, paths, rule=metadata.rule)
    if isinstance(kept, Denied):
        steps = (*explanation.steps, Step(metadata.rule, False, kept.message))
        return replace(
            explanation, outcome=Outcome.DENIED, status=403, code="METADATA_NOT_ALLOWED", steps=steps, effective=UNRESTRICTED
        )
    detail = f"Not set: {row.unset_means}." if paths is None else f"Only what {row.label} matches is kept."
    return replace(explanation, steps=(*explanation.steps, Step(metadata.rule, True, detail)), metadata=kept)


def format_explanation(explanation: Explanation, diagnosis: Diagnosis | None = None) -> Iterator[str]:
    """Yield the explanation as lines for people: steps, outcome, cause, hints for what failed, and what was signed."""
    for number, step in enumerate(explanation.steps, 1):
        yield f"{number:>3}. {'✓' if step.ok else '✗'} {step.step}: {step.detail}"
    yield f"\n{explanation.outcome.value.capitalize()}: {explanation.status} {explanation.code}"
    if diagnosis and (diagnosis.is_explained or diagnosis.mistakes):
        yield f"  {diagnosis.headline}"
        yield from (f"  - {mistake.name}: {mistake.advice}" for mistake in diagnosis.mistakes)
    for hint in explanation.hints:
        yield f"  Hint: {hint}"
    if explanation.outcome is Outcome.ALLOWED:
        yield from _format_effective(explanation)
    if explanation.signed:
        yield from _format_signed(explanation.signed)


def _format_signed(signed: Claim) -> Iterator[str]:
    if signed.string_to_sign == signed.canonical:
        texts = {"Signature base": signed.canonical}
    else:
        texts = {"Canonical request": signed.canonical, "String to sign": signed.string_to_sign}
    for title, text in texts.items():
        yield f"\n{title}:"
        yield from (f"  | {line}" for line in text.split("\n"))


def _format_effective(explanation: Explanation) -> Iterator[str]:
    yield "\nEffective:"
    for name, value in explanation.effective.to_json().items():
        yield f"  {name}: {'not restricted' if value is None else value}"
    if explanation.metadata is not None:
        yield f"  metadata: {explanation.metadata}"
