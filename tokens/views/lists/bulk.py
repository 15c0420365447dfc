"""One act on several tokens: first what it means for each of them, then the act."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tokens.forms.bulk import DeleteSeveralForm
from tokens.models import SecurityToken
from tokens.services.lifecycle.several import MOST_AT_ONCE, Act, act_on_all, find_chosen
from tokens.web.actors import UserRequest, browser_actor
from tokens.web.redirects import list_address, see_other

_DONE = {Act.DISABLE: "disabled", Act.ENABLE: "enabled", Act.DELETE: "deleted"}


@login_required
@require_POST
def bulk(request: UserRequest) -> HttpResponse:
    """Ask about the chosen tokens, each with its last use; with `confirm` sent, act on all of them or on none."""
    chosen = list(dict.fromkeys(request.POST.getlist("token")))
    action = request.POST.get("action", "")
    if problem := _find_problem(action, chosen):
        messages.error(request, problem)
        return see_other(list_address(request))
    try:
        tokens = find_chosen(request.user, chosen)
    except SecurityToken.DoesNotExist as error:
        raise Http404("One of the tokens does not exist (any more). Nothing was changed.") from error
    if "confirm" not in request.POST:
        return _ask(request, Act(action), tokens, DeleteSeveralForm(len(tokens)))
    form = DeleteSeveralForm(len(tokens), request.POST)
    if action == Act.DELETE and not form.is_valid():
        return _ask(request, Act(action), tokens, form, status=422)
    return _act(request, Act(action), chosen)


def _find_problem(action: str, chosen: list[str]) -> str:
    if action not in set(Act):
        return "Choose what to do: disable, enable or delete. Nothing was changed."
    if not chosen:
        return "Choose at least one token, by the box beside its name. Nothing was changed."
    if len(chosen) > MOST_AT_ONCE:
        return f"{len(chosen)} tokens are chosen; at most {MOST_AT_ONCE} can be changed at once. Nothing was changed."
    return ""


def _ask(
    request: UserRequest, act: Act, tokens: list[SecurityToken], form: DeleteSeveralForm, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    context = {
        "act": act,
        "tokens": [{"token": token, "state": token.state(now), "ending": token.ending(now)} for token in tokens],
        "in_use": sum(token.is_in_use(now) for token in tokens),
        "form": form if act is Act.DELETE else None,
        "next": list_address(request),
    }
    return render(request, "tokens/bulk.html", context, status=status)


def _act(request: UserRequest, act: Act, chosen: list[str]) -> HttpResponse:
    try:
        changed = act_on_all(request.user, chosen, act, actor=browser_actor(request), now=timezone.now())
    except SecurityToken.DoesNotExist as error:
        raise Http404("One of the tokens was deleted in the meantime. Nothing was changed.") from error
    unchanged = len(chosen) - changed
    text = f"{changed} token{'' if changed == 1 else 's'} {_DONE[act]}."
    messages.success(request, f"{text} {unchanged} already {'was' if unchanged == 1 else 'were'}." if unchanged else text)
    return see_other(list_address(request))
