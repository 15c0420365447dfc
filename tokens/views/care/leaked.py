"""The one path for a leak: stop it now, see what it did, and know whom to tell."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.domain.policies.wording.sentences import sentence
from tokens.models import SecurityToken
from tokens.presentation.activity import Subject, describe
from tokens.services.lifecycle import changes, reveals, rotation
from tokens.services.lifecycle.leaks import find_deeds
from tokens.services.lifecycle.rotation import Grace
from tokens.services.use.reading import load_use
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import see_other
from tokens.web.sessions import session_key_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leaked(request: UserRequest, token_id: str) -> HttpResponse:
    """Offer to stop a token that leaked; POST `act=disable` or `act=rotate` does it, for every private password at once."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user).select_related("stored_use"), token_id=token_id)
    now = timezone.now()
    act = request.POST.get("act", "")
    if request.method != "POST" or act not in {"disable", "rotate"}:
        return _show(request, token, now, status=422 if request.method == "POST" else 200)
    try:
        return _rotate(request, token, now) if act == "rotate" else _disable(request, token, now)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error


def _disable(request: UserRequest, token: SecurityToken, now: datetime) -> HttpResponse:
    changes.set_status(token, SecurityToken.Status.DISABLED, actor=browser_actor(request), now=now)
    messages.success(request, f"“{token.display_name}” is disabled. Every request of it is refused from now on.")
    return see_other("tokens:leaked", token.token_id)


@transaction.atomic
def _rotate(request: UserRequest, token: SecurityToken, now: datetime) -> HttpResponse:
    issued = rotation.rotate(token, Grace.NONE, actor=browser_actor(request), now=now)
    reveals.prepare(issued.secret, session_key=session_key_of(request), now=now)
    return see_other("tokens:secret", token.token_id)


def _show(request: UserRequest, token: SecurityToken, now: datetime, *, status: int) -> HttpResponse:
    secrets = list(token.secrets.live_at(now))
    deeds = find_deeds(token, now)
    policy = token.read_policy()
    context = {
        "token": token,
        "state": token.state(now),
        "ending": token.ending(now),
        "sentence": sentence(token.token_type, policy) if policy else "",
        "use": load_use(token, secrets, now.date()),
        "changes": [describe(event, Subject.of(event, token)) for event in deeds.changes],
        "keys": deeds.keys,
    }
    return render(request, "tokens/leaked.html", context, status=status)
