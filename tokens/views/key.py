"""A signing key of today for the owner, so that a program never holds the private password (SPEC, "Signing keys")."""

import logging
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from tokens.domain.errors import NotPermitted, UnknownKey
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.wording.sentences import sentence
from tokens.domain.signing.signing_keys import SigningKey, key_ends_at
from tokens.forms import SigningKeyForm
from tokens.models import SecurityToken
from tokens.services.lifecycle import signing_keys
from tokens.web.actors import UserRequest, browser_actor

logger = logging.getLogger(__name__)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key(request: UserRequest, token_id: str) -> HttpResponse:
    """Say what a signing key is and can do; hand one out on POST, in the response alone."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    now = timezone.now()
    form = SigningKeyForm(request.POST if request.method == "POST" else None, token_id=token.token_id)
    if request.method != "POST":
        return _ask(request, token, form, now)
    if not form.is_valid():
        return _ask(request, token, form, now, status=422)
    try:
        made = signing_keys.hand_out_key(token, form.cleaned_data["scheme"], actor=browser_actor(request), now=now)
    except NotPermitted as error:
        return _ask(request, token, form, now, status=409, obstacle=error)
    except UnknownKey:
        logger.error("The secret of token %s cannot be decrypted: a key is missing from PORTAL_TOKEN_KEYS.", token.token_id)
        form.add_error(None, "The portal cannot open the private password, so it cannot make a key. Contact its operator.")
        return _ask(request, token, form, now, status=409)
    except ObjectDoesNotExist as error:
        raise Http404("The token was deleted in the meantime.") from error
    return _show(request, token, made)


def _ask(
    request: UserRequest,
    token: SecurityToken,
    form: SigningKeyForm,
    now: datetime,
    *,
    status: int = 200,
    obstacle: NotPermitted | None = None,
) -> HttpResponse:
    # One that cannot be read is an obstacle: then nothing is said of what a key can do.
    policy = token.read_policy() or Policy()
    ends_at = key_ends_at(now.date(), policy.expires_at())
    old = [secret for secret in token.secrets.live_at(now) if not secret.is_current]
    context = {
        "token": token,
        "form": form,
        "obstacle": obstacle or signing_keys.find_obstacle(token, now),
        "policy": policy,
        "sentence": sentence(token.token_type, policy),
        "ends_at": ends_at,
        "ends_with_token": ends_at == policy.expires_at(),
        "has_old": bool(old),
        "ends_old": any(secret.ends_with_successor for secret in old),
    }
    return render(request, "tokens/key.html", context, status=status)


def _show(request: UserRequest, token: SecurityToken, made: SigningKey) -> HttpResponse:
    context = {"token": token, "made": made, "value": made.value.hex()}
    response = render(request, "tokens/key_shown.html", context)
    response["Cache-Control"] = "no-store"
    # Not on the form's own page: a browser that sends no referrer sends no origin either, and the POST would be refused.
    response["Referrer-Policy"] = "no-referrer"
    # Nothing typed is lost when the dialog closes now.
    return trigger_client_event(response, "portal:sent")
