"""What the create and the edit page share: the form's context, and the preview of a draft while it is typed."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tokens.domain.policies.comparing import Difference, difference
from tokens.domain.policies.wording.sentences import sentence
from tokens.forms import TokenForm, TryoutForm
from tokens.presentation.hints import Hint, hints_for_api_paths, hints_for_sources, known_sources
from tokens.presentation.use.outlook import Outlook, foresee
from tokens.presentation.verdicts import Verdict, judge_trial
from tokens.services.lifecycle.issuing import Draft
from tokens.web import lost_session
from tokens.web.actors import UserRequest

CREATION_KEY = "creation_key"
_TRY_PREFIX = "try"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}").fullmatch


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a draft. `sentence` is "" if the draft is not valid yet; `problems` are those that stand beside no field."""

    sentence: str
    problems: tuple[str, ...]
    hints: Mapping[str, list[Hint]] = field(default_factory=dict)
    difference: Difference | None = None
    outlook: Outlook | None = None
    verdict: Verdict | None = None
    is_asked: bool = False


def preview_of(form: TokenForm) -> Preview:
    """Describe what a draft allows, what its wildcards match, what an edit changes, and whether the tried request would pass."""
    bound = form if form.is_bound else _as_if_sent(form)
    draft: Draft | None = bound.cleaned_data["draft"] if bound.is_valid() else None
    tryout = tryout_form(bound)
    return Preview(
        sentence=_sentence(bound, draft) if draft else "",
        problems=_problems(form, bound),
        hints=_hints(bound),
        outlook=foresee(form.token, draft.policy, now=form.now) if draft and form.token else None,
        difference=difference(form.before, draft.policy, form.token_type) if draft and form.token else None,
        verdict=_verdict(bound, draft, tryout),
        is_asked=tryout.is_valid() and tryout.cleaned_data["trial"] is not None,
    )


def form_context(request: UserRequest, form: TokenForm) -> dict[str, Any]:
    """Return what the form's templates need."""
    return {
        "form": form,
        "preview": preview_of(form),
        "tryout": tryout_form(form),
        "rendered_for": lost_session.sign_user(request.user),
        "token_type": form.token_type,
        "token": form.token,
    }


def creation_key_of(request: UserRequest) -> str:
    """Return the key that the form sends back, or a new one if it sends none that could be ours."""
    key = request.POST.get(CREATION_KEY, "")
    return key if _KEY(key) else new_creation_key()


def new_creation_key() -> str:
    """Return a key by which a form that is sent twice is known."""
    return secrets.token_urlsafe(24)


def tryout_form(form: TokenForm) -> TryoutForm:
    """Return the try-out that is part of a draft's form."""
    return TryoutForm(form.data if form.is_bound else None, prefix=_TRY_PREFIX)


def _as_if_sent(form: TokenForm) -> TokenForm:
    """Return the form as if it had been sent unchanged, to describe it before anything is typed."""
    return TokenForm({}, token_type=form.token_type, owner=form.owner, now=form.now, token=form.token)


def _sentence(form: TokenForm, draft: Draft) -> str:
    names = {node.node_id: node.name for node in form.nodes}
    return sentence(form.token_type, draft.policy, node_names=names)


def _problems(form: TokenForm, bound: TokenForm) -> tuple[str, ...]:
    if form.is_bound:
        return tuple(map(str, form.non_field_errors()))
    # Before anything is typed no error is shown beside its field.
    found = []
    for name, errors in bound.errors.items():
        label = f"{bound.fields[name].label}: " if name in bound.fields else ""
        found += [f"{label}{error}" for error in errors]
    return tuple(found)


def _hints(form: TokenForm) -> dict[str, list[Hint]]:
    hints = {"api_paths": hints_for_api_paths(str(form["api_paths"].value() or ""), form.token_type)}
    if "source_ids" in form.fields:
        typed = str(form["source_ids"].value() or "")
        known = known_sources(form.owner, besides=form.token) if typed.strip() else []
        hints["source_ids"] = hints_for_sources(typed, known)
    return hints


def _verdict(form: TokenForm, draft: Draft | None, tryout: TryoutForm) -> Verdict | None:
    trial = tryout.cleaned_data["trial"] if tryout.is_valid() else None
    if draft is None or trial is None:
        return None
    return judge_trial(trial, draft.policy, token_type=form.token_type, owner=form.owner, now=form.now)
