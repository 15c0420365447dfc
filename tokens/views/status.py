"""Enabling and disabling a token."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tokens.domain.text import shorten
from tokens.models import SecurityToken
from tokens.presentation.token_page import show_token
from tokens.services.lifecycle import changes
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import safe_next, see_other

Status = SecurityToken.Status
_DONE = {
    (Status.ACTIVE, True): "“{name}” is enabled. It works from now on.",
    (Status.ACTIVE, False): "“{name}” was enabled already.",
    (Status.DISABLED, True): "“{name}” is disabled. Its requests are refused from now on.",
    (Status.DISABLED, False): "“{name}” was disabled already.",
}


@login_required
@require_POST
def status(request: UserRequest, token_id: str) -> HttpResponse:
    """Set the chosen status, which applies from the next request on."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    chosen = request.POST.get("status", "")
    if chosen not in Status.values:
        problem = f"“{shorten(chosen)}” is not a status. Choose Active or Disabled."
        return show_token(request, token, problem=problem, http_status=400)
    try:
        changed = changes.set_status(token, Status(chosen), actor=browser_actor(request), now=timezone.now())
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted meanwhile.") from error
    messages.success(request, _DONE[Status(chosen), changed].format(name=token.display_name))
    if changed and chosen == Status.ACTIVE and token.is_expired(timezone.now()):
        messages.warning(request, "It is still expired: every request is refused until you give it a later expiry date.")
    return see_other(safe_next(request) or reverse("tokens:detail", args=[token.token_id]))
