"""The preview of a draft while it is typed: the sentence, what wildcards match, gains and losses, the try-out."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tokens.domain.policies.table import TokenType
from tokens.forms import TokenForm
from tokens.models import SecurityToken
from tokens.presentation.drafts import preview_of
from tokens.web.actors import UserRequest
from tokens.web.redirects import part_of_a_page


@part_of_a_page
@require_POST
def preview_new(request: UserRequest, token_type: TokenType) -> HttpResponse:
    """Preview the draft of a new token."""
    return _answer(request, TokenForm(request.POST, token_type=token_type, owner=request.user, now=timezone.now()))


@part_of_a_page
@require_POST
def preview_edit(request: UserRequest, token_id: str) -> HttpResponse:
    """Preview the draft of a change."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    form = TokenForm(request.POST, token_type=token.token_type, owner=request.user, now=timezone.now(), token=token)
    return _answer(request, form)


def _answer(request: UserRequest, form: TokenForm) -> HttpResponse:
    return render(request, "tokens/_preview.html", {"form": form, "preview": preview_of(form)})
