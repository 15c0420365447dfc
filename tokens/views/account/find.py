"""The question "I found a password, whose is it?", for an owner who is signed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tokens.forms.leaks import FindForm
from tokens.services.leaks.finding import Found, find_own
from tokens.services.signed_requests.rate_limits import RateLimitExceeded, count_lookup
from tokens.web.actors import UserRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: UserRequest) -> HttpResponse:
    """Ask for a private password; say which of the account's tokens it belongs to, or none. It is never shown again."""
    if request.method != "POST":
        return _show(request, FindForm())
    now = timezone.now()
    try:
        count_lookup(f"account-{request.user.pk}", now=now)
    except RateLimitExceeded as error:
        response = _show(request, FindForm(), problem=str(error), status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    form = FindForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    return _show(request, FindForm(), found=find_own(request.user, form.cleaned_data["password"]), is_answered=True)


def _show(
    request: UserRequest,
    form: FindForm,
    *,
    found: Found | None = None,
    is_answered: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    context = {
        "form": form,
        "found": found,
        "is_answered": is_answered,
        "problem": problem,
        "state": found.token.state(now) if found else None,
        "ending": found.token.ending(now) if found else None,
    }
    return render(request, "tokens/find.html", context, status=status)
