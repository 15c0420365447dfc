"""Rotation: replacing a token's secret, with a grace period for the old one."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from tokens import conf
from tokens.domain.dates import format_timestamp
from tokens.domain.errors import NotPermitted
from tokens.models import SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle.changes import lock
from tokens.services.lifecycle.issuing import Issued, add_secret


class Grace(StrEnum):
    """How long the old secret works after a rotation (SPEC, "Rotation")."""

    NONE = "none"
    FIRST_USE = "first-use"
    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"

    @property
    def label(self) -> str:
        """The label in forms."""
        return _GRACES[self][0]

    @property
    def length(self) -> timedelta:
        """The longest time for which the old secret works."""
        return _GRACES[self][1]


_GRACES: dict[Grace, tuple[str, timedelta]] = {
    Grace.NONE: ("Not at all: it stops now", timedelta(0)),
    Grace.FIRST_USE: ("Until the new one is first used (7 days at most)", timedelta(days=7)),
    Grace.HOUR: ("1 hour", timedelta(hours=1)),
    Grace.DAY: ("24 hours", timedelta(hours=24)),
    Grace.WEEK: ("7 days", timedelta(days=7)),
}


@transaction.atomic
def rotate(token: SecurityToken, grace: Grace, *, actor: Actor, now: datetime) -> Issued:
    """Create a new secret for a token.

    A rotation whose response was lost can be repeated: a current secret that was never used is deleted, and the one that is in
    use keeps working for the grace period. With `Grace.NONE` every older secret stops working at once.

    Raises:
        NotPermitted: if too many secrets still work; one of the old ones must be ended first.
        ProofRequired: if the actor must first prove who they are.
        SecurityToken.DoesNotExist: if the token has been deleted.
    """
    actor.require_proof()
    locked = lock(token)
    live = list(TokenSecret.objects.filter(token=locked).live_at(now))
    TokenSecret.objects.filter(token=locked).exclude(pk__in=[secret.pk for secret in live]).retire(now)
    kept = [] if grace is Grace.NONE else _keep(live, grace, now)
    if len(kept) >= conf.MAX_LIVE_SECRETS:
        message = (
            f"{len(kept)} private passwords of this token still work. End one of the old ones first, or let all of them stop now."
        )
        raise NotPermitted("rotation", message)
    TokenSecret.objects.filter(pk__in=[secret.pk for secret in live if secret not in kept]).retire(now)
    for secret in kept:
        secret.keep_last_use()
        secret.save(update_fields=["ends_at", "ends_with_successor", "last_used_at", "last_used_address", "last_used_client"])
    secret, value = add_secret(locked, now)
    ends_at = max((old.ends_at for old in kept if old.ends_at), default=None)
    old_ends = format_timestamp(ends_at) if ends_at else None
    audit.record(Action.ROTATED, token=locked, actor=actor, at=now, grace=str(grace), old_ends=old_ends)
    return Issued(token=locked, secret=secret, value=value)


@transaction.atomic
def end_old_secrets(token: SecurityToken, *, actor: Actor, now: datetime, secret_id: int | None = None) -> int:
    """End the old secrets of a token that still work, or only one of them, from the next request on; return their number."""
    locked = lock(token)
    old = TokenSecret.objects.filter(token=locked).replaced()
    if secret_id is not None:
        old = old.filter(pk=secret_id)
    ended = old.filter(ends_at__gt=now).count()
    old.retire(now)
    if ended:
        audit.record(Action.SECRET_ENDED, token=locked, actor=actor, at=now, count=ended)
    return ended


def _keep(live: list[TokenSecret], grace: Grace, now: datetime) -> list[TokenSecret]:
    """Return the secrets that keep working beside the new one, with their ends set."""
    unused_current = [secret for secret in live if secret.is_current and secret.first_used_at is None]
    in_use = [secret for secret in live if secret not in unused_current]
    if unused_current and not in_use:
        # A first secret that has not been used yet may be about to be used, so it is kept.
        in_use = unused_current
    if in_use:
        newest = max(in_use, key=lambda secret: secret.pk)
        newest.ends_at = now + grace.length
        newest.ends_with_successor = grace is Grace.FIRST_USE
    # The others keep the end that an earlier rotation set.
    return in_use
