"""A new private password for the same token."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tokens.domain.errors import NotPermitted
from tokens.forms import RotateForm
from tokens.models import SecurityToken
from tokens.services.lifecycle import reveals, rotation
from tokens.services.lifecycle.rotation import Grace
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import safe_next, see_other
from tokens.web.sessions import session_key_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: UserRequest, token_id: str) -> HttpResponse:
    """Let the owner choose how long the old private password still works, and make the new one."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    now = timezone.now()
    form = RotateForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _show(request, form, token, now)
    if not form.is_valid():
        return _show(request, form, token, now, status=422)
    try:
        _rotate_and_prepare(request, token, form.cleaned_data["grace"], now)
    except NotPermitted as error:
        form.add_error("grace", error.message)
        return _show(request, form, token, now, status=422)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    return see_other("tokens:secret", token.token_id)


@login_required
@require_POST
def end_old_secrets(request: UserRequest, token_id: str) -> HttpResponse:
    """End the old private passwords now, all of them or the one given."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    chosen = request.POST.get("secret", "")
    if chosen and not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        raise Http404("There is no such private password.")
    try:
        secret_id = int(chosen) if chosen else None
        ended = rotation.end_old_secrets(token, actor=browser_actor(request), now=timezone.now(), secret_id=secret_id)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    messages.success(request, "The old private password has ended." if ended else "The old private password had already ended.")
    back = safe_next(request)
    return see_other(back) if back else see_other("tokens:detail", token.token_id)


@transaction.atomic
def _rotate_and_prepare(request: UserRequest, token: SecurityToken, grace: Grace, now: datetime) -> None:
    """Make the secret and the one look at it together: there is never one without the other."""
    issued = rotation.rotate(token, grace, actor=browser_actor(request), now=now)
    reveals.prepare(issued.secret, session_key=session_key_of(request), now=now)


def _show(request: UserRequest, form: RotateForm, token: SecurityToken, now: datetime, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "token": token, "secrets": token.secrets.live_at(now)}
    return render(request, "tokens/rotate.html", context, status=status)
