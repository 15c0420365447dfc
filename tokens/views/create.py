"""Creating a token."""

from datetime import datetime

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.domain.errors import PolicyError
from tokens.domain.policies.table import TokenType
from tokens.forms import TokenForm
from tokens.forms.policy.prefill import Prefill, find_prefill
from tokens.forms.policy.presets import presets_for
from tokens.models import SecurityToken
from tokens.presentation.drafts import CREATION_KEY, creation_key_of, form_context, new_creation_key
from tokens.services.lifecycle import reveals
from tokens.services.lifecycle.issuing import AlreadyIssued, Draft, issue_token
from tokens.web import lost_session
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import see_other
from tokens.web.sessions import session_key_of


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest, token_type: TokenType) -> HttpResponse:
    """Show the form and make the token. A form sent twice makes one token."""
    if not request.user.is_authenticated:
        return lost_session.redirect_to_sign_in(request)
    now = timezone.now()
    data = request.POST if request.method == "POST" else lost_session.restore_form(request)
    prefill = _find_prefill(request, token_type, now) if data is None else None
    form = TokenForm(prefill.data if prefill else data, token_type=token_type, owner=request.user, now=now)
    if request.method != "POST" or "preview" in request.POST:
        return _show(request, form, prefill=prefill)
    if not form.is_valid():
        return _show(request, form, status=422)
    return _issue(request, form)


def _find_prefill(request: UserRequest, token_type: TokenType, now: datetime) -> Prefill | None:
    try:
        return find_prefill(request.GET, token_type, request.user, now)
    except SecurityToken.DoesNotExist as error:
        raise Http404("There is no such token to begin with.") from error


def _issue(request: UserRequest, form: TokenForm) -> HttpResponse:
    draft: Draft = form.cleaned_data["draft"]
    key = creation_key_of(request)
    try:
        token = _issue_and_prepare(request, form.token_type, draft, key)
    except AlreadyIssued as issued:
        token = issued.token
        if not _is_what_was_made(token, form.token_type, draft):
            form.add_error(
                None, f"This form has already created the token {token.token_id}. Generate again to create another one."
            )
            return _show(request, form, status=422, creation_key=new_creation_key())
    except PolicyError as error:
        # The account's nodes can change between the form's check and the service's.
        form.add_error(None, [problem.message for problem in error.problems])
        return _show(request, form, status=422)
    return see_other("tokens:secret", token.token_id)


@transaction.atomic
def _issue_and_prepare(request: UserRequest, token_type: TokenType, draft: Draft, key: str) -> SecurityToken:
    """Make the token and the one look at its secret together: there is never one without the other."""
    now = timezone.now()
    actor = browser_actor(request)
    issued = issue_token(owner=request.user, token_type=token_type, draft=draft, actor=actor, now=now, creation_key=key)
    reveals.prepare(issued.secret, session_key=session_key_of(request), now=now)
    return issued.token


def _is_what_was_made(token: SecurityToken, token_type: TokenType, draft: Draft) -> bool:
    made = (token.type, token.name, token.description, token.policy)
    return made == (token_type.value, draft.name, draft.description, draft.policy.to_json())


def _show(
    request: UserRequest,
    form: TokenForm,
    *,
    status: int = 200,
    creation_key: str | None = None,
    prefill: Prefill | None = None,
) -> HttpResponse:
    context = form_context(request, form)
    context |= {CREATION_KEY: creation_key or _key_to_show(request, form), "prefill": prefill}
    context["presets"] = [] if request.method == "POST" else presets_for(form.token_type)
    return render(request, "tokens/create.html", context, status=status)


def _key_to_show(request: UserRequest, form: TokenForm) -> str:
    return creation_key_of(request) if request.method == "POST" else form.text_of(CREATION_KEY) or new_creation_key()
