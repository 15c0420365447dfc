"""What wants looking at: tokens that may not be needed, may do too much, or have something left over."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.models import User
from tokens.models import SecurityToken, TokenSecret
from tokens.services.lists.views import UNUSED_DAYS, Status, in_status, unused_for

# How many tokens of a kind are shown; the list has all of them.
SHOWN = 25


class Finding(NamedTuple):
    """Tokens of one kind: what it is, why to look, the filter of the list that shows all of them, and the tokens."""

    key: str
    title: str
    why: str
    query: str
    tokens: list[SecurityToken]
    has_more: bool


def review(owner: User, now: datetime) -> list[Finding]:
    """Return what wants looking at in an account, with one query a kind; kinds without a token are left out."""
    active = in_status(Status.ACTIVE, now)
    old_in_use = TokenSecret.objects.filter(ends_at__gt=now, last_used_at__isnull=False, token__owner=owner).values("token")
    kinds = [
        (
            "expiring",
            "Expire soon",
            "Whoever uses them will be refused. Extend what is still needed.",
            "status=expiring",
            in_status(Status.EXPIRING, now),
        ),
        (
            "old-secrets",
            "Old private passwords still in use",
            "They were rotated, and some program still signs with the old one.",
            "",
            Q(pk__in=old_in_use) & active,
        ),
        (
            "unused",
            f"Unused for {UNUSED_DAYS} days",
            "Disable what nobody needs: it can be enabled again.",
            f"status=active&unused={UNUSED_DAYS}",
            unused_for(UNUSED_DAYS, now) & active,
        ),
        (
            "unrestricted",
            "Unrestricted",
            "They may do everything of their type, for ever. Narrow them to what they are for.",
            "status=active&unrestricted=1",
            Q(is_unrestricted=True) & active,
        ),
        ("expired", "Expired", "They are refused. Delete what is over.", "status=expired", in_status(Status.EXPIRED, now)),
    ]
    findings = [_find(owner, key, title, why, query, condition) for key, title, why, query, condition in kinds]
    return [finding for finding in findings if finding.tokens]


def _find(owner: User, key: str, title: str, why: str, query: str, condition: Q) -> Finding:
    tokens = SecurityToken.objects.owned_by(owner).select_related("stored_use").filter(condition)
    found = list(tokens[: SHOWN + 1])
    return Finding(key, title, why, query, found[:SHOWN], len(found) > SHOWN)
