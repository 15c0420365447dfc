"""Enabling and disabling a token."""

from urllib.parse import urldefrag, urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tokens.domain.dates import format_minute
from tokens.domain.states import State
from tokens.domain.text import shorten
from tokens.models import SecurityToken
from tokens.presentation.rows import load_rows, render_row_with
from tokens.presentation.token_page import show_token
from tokens.services.lifecycle import changes
from tokens.web import notices
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.notices import Notice
from tokens.web.redirects import safe_next, see_other

Status = SecurityToken.Status
_DONE = {
    (Status.ACTIVE, True): "“{name}” is enabled. It works from now on.",
    (Status.ACTIVE, False): "“{name}” was already enabled.",
    (Status.DISABLED, True): "“{name}” is disabled. Its requests are refused from now on.",
    (Status.DISABLED, False): "“{name}” was already disabled.",
}


@login_required
@require_POST
def status(request: UserRequest, token_id: str) -> HttpResponse:
    """Set the chosen status, which applies from the next request on, and offer to enable again what was disabled.

    A row of the list that asks by htmx gets itself back, with the message in it.
    """
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    chosen = request.POST.get("status", "")
    if chosen not in Status.values:
        problem = f"“{shorten(chosen)}” is not a status. Choose Active or Disabled."
        return show_token(request, token, problem=problem, http_status=400)
    try:
        changed = changes.set_status(token, Status(chosen), actor=browser_actor(request), now=timezone.now())
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    notice = _notice(token, Status(chosen), changed=changed)
    if request.htmx.target == notices.anchor_of(token_id):
        return _answer_row(request, token, notice)
    notices.tell(request, notice)
    return see_other(_way_back(request, token_id))


def _notice(token: SecurityToken, chosen: Status, *, changed: bool) -> Notice:
    text = _DONE[chosen, changed].format(name=token.display_name)
    level = messages.SUCCESS
    if chosen == Status.DISABLED:
        text += f" {_last_use(token)}"
    elif changed and token.is_expired(timezone.now()):
        text = f"“{token.display_name}” is enabled, but expired: every request is refused until you give it a later expiry date."
        level = messages.WARNING
    return Notice(token.token_id, State(chosen), level, text)


def _last_use(token: SecurityToken) -> str:
    use = token.last_use
    if use is None:
        return "It was never used."
    where = f" from {use.address}" if use.address else ""
    return f"It was last used on {format_minute(use.at)}{where}."


def _answer_row(request: UserRequest, token: SecurityToken, notice: Notice) -> HttpResponse:
    for row in load_rows(SecurityToken.objects.filter(pk=token.pk), timezone.now()):
        return render(request, "tokens/_row_answer.html", {"row": render_row_with(row, notice)})
    raise Http404("The token was deleted in the meantime.")


def _way_back(request: UserRequest, token_id: str) -> str:
    """Return the page that the owner came from; in the list, the token's row, because the page may be long."""
    address = safe_next(request)
    if urlsplit(address).path == reverse("tokens:list"):
        return urldefrag(address).url + notices.fragment_of(token_id)
    return address or reverse("tokens:detail", args=[token_id])
