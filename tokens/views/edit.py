"""Changing a token's name, description and policy."""

import hashlib
import json

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.domain.errors import PolicyError
from tokens.domain.policies.wording.sentences import sentence
from tokens.forms import TokenForm
from tokens.models import AuditEvent, SecurityToken
from tokens.presentation.drafts import form_context
from tokens.services.audit import Action
from tokens.services.lifecycle import changes
from tokens.services.lifecycle.issuing import Draft
from tokens.web import lost_session
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import safe_next, see_other


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, token_id: str) -> HttpResponse:
    """Show the form, let the owner review what a change of policy grants and removes, and save."""
    if not request.user.is_authenticated:
        return lost_session.redirect_to_sign_in(request)
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    data = request.POST if request.method == "POST" else lost_session.restore_form(request)
    form = TokenForm(data, token_type=token.token_type, owner=request.user, now=timezone.now(), token=token)
    if request.method != "POST" or "preview" in request.POST:
        return _show(request, form, token)
    if not form.is_valid():
        return _show(request, form, token, status=422)
    if _is_outdated(request, token):
        return _show(request, form, token, status=409, meanwhile=_tell_meanwhile(token))
    if _wants_review(request, form, token):
        return _show(request, form, token, is_review=True)
    return _save(request, form, token)


def version_of(token: SecurityToken) -> str:
    """Return a fingerprint of what an edit would overwrite."""
    return _mark([token.name, token.description, token.policy])


def _save(request: UserRequest, form: TokenForm, token: SecurityToken) -> HttpResponse:
    draft: Draft = form.cleaned_data["draft"]
    try:
        with transaction.atomic():
            # Checked under the lock: of two simultaneous edits, one learns of the other.
            if _is_outdated(request, changes.lock(token)):
                return _show(request, form, token, status=409, meanwhile=_tell_meanwhile(token))
            changes.edit_token(token, draft, actor=browser_actor(request), now=timezone.now())
    except PolicyError as error:
        form.add_error(None, [problem.message for problem in error.problems])
        return _show(request, form, token, status=422)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    is_same = version_of(token) == _mark_of_draft(draft)
    text = (
        "Nothing was changed."
        if is_same
        else f"The token “{draft.name or token.token_id}” was changed. The change applies from now on."
    )
    messages.success(request, text)
    return see_other(safe_next(request) or "tokens:detail", *([] if safe_next(request) else [token.token_id]))


def _wants_review(request: UserRequest, form: TokenForm, token: SecurityToken) -> bool:
    """Return whether the owner must review the change first: what they confirm must be what they have seen."""
    draft: Draft = form.cleaned_data["draft"]
    if token.read_policy() is None:
        # What cannot be read denies everything, so whatever is saved allows more.
        return request.POST.get("confirm") != _mark_of_draft(draft)
    if draft.policy == form.before:
        return False
    if "confirm" in request.POST:
        return request.POST["confirm"] != _mark_of_draft(draft)
    return "review" in request.POST


def _is_outdated(request: UserRequest, token: SecurityToken) -> bool:
    return request.POST.get("version") not in {None, "", version_of(token)}


def _tell_meanwhile(token: SecurityToken) -> dict[str, object]:
    """Return who changed the token while it was being edited, and what it allows now."""
    event = AuditEvent.objects.about(token).filter(action=Action.EDITED.value).first()
    policy = token.read_policy()
    return {
        "event": event,
        "changed": ", ".join(event.detail.get("after", {})) if event else "",
        "sentence": sentence(token.token_type, policy) if policy else "The stored policy cannot be read.",
    }


def _show(
    request: UserRequest,
    form: TokenForm,
    token: SecurityToken,
    *,
    status: int = 200,
    is_review: bool = False,
    meanwhile: dict[str, object] | None = None,
) -> HttpResponse:
    draft = form.cleaned_data.get("draft") if form.is_bound and form.is_valid() else None
    context = form_context(request, form) | {
        "version": version_of(token),
        "is_review": is_review,
        "confirm": _mark_of_draft(draft) if draft else "",
        "meanwhile": meanwhile,
        "next": safe_next(request),
        "is_unreadable": token.read_policy() is None,
    }
    return render(request, "tokens/edit.html", context, status=status)


def _mark_of_draft(draft: Draft) -> str:
    return _mark([draft.name, draft.description, draft.policy.to_json()])


def _mark(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
