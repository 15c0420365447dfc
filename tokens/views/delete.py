"""Deleting a token for good."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.forms import DeleteForm
from tokens.models import SecurityToken
from tokens.services.lifecycle import changes
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import list_address, see_other


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: UserRequest, token_id: str) -> HttpResponse:
    """Show what is known of the token's use and offer to disable it instead; delete it on POST.

    For a token that may still be needed the page asks for its name; a script that posts without that field has decided already.
    """
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user).select_related("stored_use"), token_id=token_id)
    if request.method != "POST":
        return _ask(request, token, DeleteForm(token))
    form = DeleteForm(token, request.POST)
    if "confirmation" in request.POST and not form.is_valid():
        return _ask(request, token, form, status=422)
    try:
        changes.delete_token(token, actor=browser_actor(request), now=timezone.now())
    except ObjectDoesNotExist as error:
        raise Http404("The token was already deleted.") from error
    messages.success(request, f"“{token.display_name}” is deleted. Nobody can use it any more.")
    return see_other(list_address(request))


def _ask(request: UserRequest, token: SecurityToken, form: DeleteForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    context = {
        "token": token,
        "state": token.state(now),
        "ending": token.ending(now),
        "form": form if token.is_in_use(now) else None,
        "next": list_address(request),
    }
    return render(request, "tokens/delete.html", context, status=status)
