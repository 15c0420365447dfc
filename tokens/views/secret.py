"""The page that shows a private password: once, to the session that asked for it (SPEC, "The secret is shown once")."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tokens.domain.errors import UnknownKey
from tokens.domain.policies.wording.sentences import sentence
from tokens.models import SecurityToken
from tokens.presentation.secret_files import file_stem, secret_files
from tokens.presentation.snippets import curl_with_file
from tokens.presentation.token_page import calls_of
from tokens.services.lifecycle import reveals
from tokens.services.lifecycle.reveals import Revealed
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.notices import anchor_of


@login_required
@require_safe
def secret(request: UserRequest, token_id: str) -> HttpResponse:
    """Show the private password to the first request of its session; explain to every other how to get a new one."""
    token = get_object_or_404(SecurityToken.objects.owned_by(request.user), token_id=token_id)
    session_key = str(request.session.session_key)
    now = timezone.now()
    if request.method == "HEAD":
        is_waiting = reveals.is_waiting(token, session_key=session_key, now=now)
        return _guarded(HttpResponse(status=200 if is_waiting else 410))
    if _is_prefetch(request):
        # A prefetched page may never be seen: the browser can ask again when it is opened.
        refusal = HttpResponse(status=503, headers={"Retry-After": "1"})
        # Nothing is wrong, so Django shall not log it as an error.
        refusal._has_been_logged = True  # type: ignore[attr-defined]
        return _guarded(refusal)
    try:
        revealed = reveals.claim(token, session_key=session_key, actor=browser_actor(request), now=now)
    except UnknownKey:
        return _guarded(render(request, "tokens/secret_gone.html", {"token": token, "is_locked": True}, status=503))
    if revealed is None:
        return _guarded(render(request, "tokens/secret_gone.html", {"token": token}, status=410))
    return _guarded(_show(request, revealed))


def _show(request: UserRequest, revealed: Revealed) -> HttpResponse:
    token = revealed.token
    policy = token.read_policy()
    env = f"{file_stem(token)}.env"
    context = {
        "token": token,
        "anchor": anchor_of(token.token_id),
        "value": revealed.value,
        "files": secret_files(token, revealed.value),
        "sentence": sentence(token.token_type, policy) if policy else "",
        "snippet": curl_with_file(token.token_id, [call.url for call in calls_of(request, token, policy)], file=env),
        "is_rotated": token.secrets.replaced().exists(),
    }
    return render(request, "tokens/secret.html", context)


def _is_prefetch(request: UserRequest) -> bool:
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return any(word in purpose.lower() for purpose in purposes for word in ("prefetch", "prerender", "preview"))


def _guarded(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
