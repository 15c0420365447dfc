"""A policy made of what a token used, beside today's, saved in one step."""

import hashlib
import json
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.domain.policies.comparing import difference
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.wording.sentences import sentence
from tokens.models import SecurityToken
from tokens.presentation.use.outlook import foresee
from tokens.services.lifecycle import changes
from tokens.services.use.rehearsing import LEAST_DAYS, Proposal, propose, watched_since
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import see_other


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def narrow(request: UserRequest, token_id: str) -> HttpResponse:
    """Show the proposal; a POST with the mark of what was shown saves it."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    now = timezone.now()
    policy = token.read_policy()
    proposal = propose(token, policy, now=now) if policy is not None else None
    if request.method != "POST":
        return _show(request, token, policy, proposal, now)
    if proposal is None or proposal.policy == policy or request.POST.get("proposal") != _mark(token, proposal):
        return _show(request, token, policy, proposal, now, status=409)
    try:
        changes.replace_policy(token, proposal.policy, actor=browser_actor(request), now=now)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    messages.success(request, f"“{token.display_name}” has the narrower policy now. It applies from the next request.")
    return see_other("tokens:detail", token.token_id)


def _mark(token: SecurityToken, proposal: Proposal) -> str:
    """Return a fingerprint of today's policy and the proposal: what is saved is what was shown."""
    content = json.dumps([token.policy, proposal.policy.to_json()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _show(
    request: UserRequest,
    token: SecurityToken,
    policy: Policy | None,
    proposal: Proposal | None,
    now: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "token": token,
        "is_outdated": status == 409,
        "policy": policy,
        "proposal": proposal,
        "since": watched_since(token, now.date()),
        "least_days": LEAST_DAYS,
    }
    if policy is not None and proposal is not None and proposal.policy != policy:
        context |= {
            "sentence": sentence(token.token_type, proposal.policy),
            "today": sentence(token.token_type, policy),
            "difference": difference(policy, proposal.policy, token.token_type),
            "outlook": foresee(token, proposal.policy, now=now),
            "mark": _mark(token, proposal),
        }
    return render(request, "tokens/narrow.html", context, status=status)
