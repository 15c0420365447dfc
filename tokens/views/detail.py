"""The page of one token."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HTMX_STOP_POLLING

from tokens.models import SecurityToken
from tokens.presentation.token_page import latest_use_of, show_token
from tokens.web.actors import UserRequest
from tokens.web.redirects import part_of_a_page


@login_required
@require_safe
def detail(request: UserRequest, token_id: str) -> HttpResponse:
    """Show everything of one token."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user).select_related("stored_use"), token_id=token_id)
    return show_token(request, token)


@part_of_a_page
@require_safe
def first_use(request: UserRequest, token_id: str) -> HttpResponse:
    """Show what became of the latest request; the page polls this until one is accepted."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user).select_related("stored_use"), token_id=token_id)
    now = timezone.now()
    latest = latest_use_of(token, list(token.secrets.live_at(now)), now)
    context = {"token": token, "latest": latest}
    return render(request, "tokens/_first_use.html", context, status=200 if latest.waits else HTMX_STOP_POLLING)
