"""The review: what wants looking at in an account, with what can be done about it right there."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tokens.services.lists.review import review as find_all
from tokens.web import notices
from tokens.web.actors import UserRequest


@login_required
@require_safe
def review(request: UserRequest) -> HttpResponse:
    """Show tokens that are unused, unrestricted, expired or about to expire, and old private passwords that are still used."""
    now = timezone.now()
    told, others = notices.take(request)
    findings = [
        {
            "finding": finding,
            "rows": [{"token": token, "state": token.state(now), "ending": token.ending(now)} for token in finding.tokens],
        }
        for finding in find_all(request.user, now)
    ]
    context = {"findings": findings, "here": request.path, "notices": told.values(), "other_messages": others}
    return render(request, "tokens/review.html", context)
