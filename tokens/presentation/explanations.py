"""The answer of the signature debugger as its page shows it."""

from dataclasses import dataclass

from django.urls import reverse

from tokens.domain.authorization.judge import Step
from tokens.domain.policies.table import BY_JSON_KEY
from tokens.domain.text import shorten
from tokens.models import SecurityToken
from tokens.presentation.verdicts import RULE_LABELS
from tokens.services.signature_debugging import Answer

_STEP_LABELS = {
    "wellFormed": "Well formed",
    "knownToken": "Token",
    "signature": "Signature",
    "date": "Date",
    "expiry": "Expires",
    **RULE_LABELS,
}
# Steps whose names are not those of the policy table's rows.
_ROWS = {"expiry": "notAfter"}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of judging. `fix` is the address of the field that decides it, "" if there is none."""

    ok: bool
    label: str
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What the page shows: the verdict in a few words, the steps, and the answer itself."""

    is_allowed: bool
    verdict: str
    request: str
    steps: tuple[ShownStep, ...]
    answer: Answer
    notes: tuple[str, ...]


def show_answer(token: SecurityToken, answer: Answer, *, method: str, path: str, notes: tuple[str, ...]) -> ShownAnswer:
    """Return an answer for the page."""
    failed = next((step for step in answer.steps if not step.ok), None)
    return ShownAnswer(
        is_allowed=failed is None,
        verdict="Allowed" if failed is None else f"Refused ({answer.status}): {_label(failed)}",
        request=f"{shorten(method)} {shorten(path)}",
        steps=tuple(_show_step(token, step) for step in answer.steps),
        answer=answer,
        notes=notes,
    )


def _show_step(token: SecurityToken, step: Step) -> ShownStep:
    row = BY_JSON_KEY.get(_ROWS.get(step.step, step.step))
    edit = reverse("tokens:edit", args=[token.token_id])
    return ShownStep(step.ok, _label(step), step.detail, f"{edit}#id_{row.attribute}" if row and not step.ok else "")


def _label(step: Step) -> str:
    row = BY_JSON_KEY.get(step.step)
    return row.label if row else _STEP_LABELS.get(step.step, step.step)
