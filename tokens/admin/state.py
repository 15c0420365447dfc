"""The page of the administration that tells the portal's state."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from solarnet_portal.admin_site import site
from tokens import conf
from tokens.domain.dates import to_milliseconds
from tokens.domain.states import EXPIRING_DAYS
from tokens.models import NEVER_USED, AuditEvent, Node, SecurityToken
from tokens.services.audit import Action

_SEES = ("tokens.view_securitytoken", "tokens.view_auditevent", "accounts.view_user")


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Show how many tokens there are in which state, what was refused today, and the keys in use.

    Raises:
        PermissionDenied: to staff who may not see tokens, accounts and the audit trail.
    """
    if not request.user.has_perms(_SEES):
        raise PermissionDenied
    now = timezone.now()
    context = {
        **site.each_context(request),
        "title": "State of the portal",
        "now": now,
        "tokens": _tokens(now),
        "accounts": User.objects.aggregate(
            active=Count("pk", filter=Q(is_active=True)), inactive=Count("pk", filter=Q(is_active=False))
        ),
        "nodes": Node.objects.count(),
        "refusals": _refusals(now),
        "keys": [(key_id, place == 0) for place, key_id in enumerate(conf.get_vault().key_ids)],
    }
    return render(request, "admin/state.html", context)


def _tokens(now: datetime) -> list[dict[str, Any]]:
    """Return the numbers of tokens by type, in one query."""
    instant = to_milliseconds(now)
    soon = to_milliseconds(now + timedelta(days=EXPIRING_DAYS))
    # Written without `~`, which is neither true nor false of a token that never expires.
    is_unexpired = Q(not_after=None) | Q(not_after__gte=instant)
    is_active = Q(status=SecurityToken.Status.ACTIVE) & is_unexpired
    found = SecurityToken.objects.values("type").annotate(
        active=Count("pk", filter=is_active),
        expiring=Count("pk", filter=is_active & Q(not_after__lte=soon)),
        disabled=Count("pk", filter=Q(status=SecurityToken.Status.DISABLED) & is_unexpired),
        expired=Count("pk", filter=Q(not_after__lt=instant)),
        unused=Count("pk", filter=is_active & Q(stored_use__at=NEVER_USED)),
        total=Count("pk"),
    )
    by_type = {row["type"]: row for row in found}
    return [{"label": choice.label, **by_type.get(choice.value, {})} for choice in SecurityToken.Type]


def _refusals(now: datetime) -> list[tuple[str, int]]:
    """Return what was refused after a good signature since midnight (UTC), by reason, the most frequent first."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = AuditEvent.objects.filter(action=Action.REFUSED.value, at__gte=today).values_list("detail__code", "count")
    counted: Counter[str] = Counter()
    for code, count in found.iterator():
        counted[str(code)] += count
    return counted.most_common()
