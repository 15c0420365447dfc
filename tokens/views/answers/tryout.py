"""What can this token do? The page, and the answer in place."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tokens.forms import TryoutForm
from tokens.models import SecurityToken
from tokens.presentation.verdicts import judge_saved
from tokens.web.actors import UserRequest


@login_required
@require_safe
def try_token(request: UserRequest, token_id: str) -> HttpResponse:
    """Judge a request against the saved policy of a token."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    form = TryoutForm(request.GET)
    verdict = None
    if form.is_valid() and form.cleaned_data["trial"]:
        verdict = judge_saved(token, form.cleaned_data["trial"], now=timezone.now())
    context = {"token": token, "form": form, "verdict": verdict, "is_asked": bool(request.GET)}
    template = "tokens/_tryout_answer.html" if request.htmx else "tokens/try.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)
