"""A later expiry in two clicks."""

from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.domain.dates import format_day
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.forms.extension import ExtendForm
from tokens.models import SecurityToken
from tokens.services.lifecycle import changes
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import safe_next, see_other


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: UserRequest, token_id: str) -> HttpResponse:
    """Offer later days for a token that expires, and set the chosen one."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    policy = token.read_policy()
    today = timezone.now().date()
    ends_at = policy.expires_at() if policy else None
    form = ExtendForm(request.POST if request.method == "POST" else None, start=max(ends_at.date() if ends_at else today, today))
    if policy is None or ends_at is None:
        return _show(request, token, None, status=409 if request.method == "POST" else 200)
    if request.method != "POST" or not form.is_valid():
        return _show(request, token, form, status=422 if request.method == "POST" else 200)
    return _save(request, token, policy, form)


def _save(request: UserRequest, token: SecurityToken, policy: Policy, form: ExtendForm) -> HttpResponse:
    extended = replace(policy, not_after=last_instant_of(form.last_day))
    try:
        changes.replace_policy(token, extended, actor=browser_actor(request), now=timezone.now())
    except PolicyError as error:
        form.add_error("days", [problem.message for problem in error.problems])
        return _show(request, token, form, status=422)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    messages.success(request, f"“{token.display_name}” now works until {format_day(form.last_day)}.")
    return see_other(safe_next(request) or "tokens:detail", *([] if safe_next(request) else [token.token_id]))


def _show(request: UserRequest, token: SecurityToken, form: ExtendForm | None, *, status: int) -> HttpResponse:
    now = timezone.now()
    context = {
        "token": token,
        "form": form,
        "state": token.state(now),
        "ending": token.ending(now),
        "policy": token.read_policy(),
        "next": safe_next(request),
    }
    return render(request, "tokens/extend.html", context, status=status)
