"""An account's audit trail, as its owner looks through it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet

from accounts.models import User
from tokens.domain.dates import from_microseconds
from tokens.models import AuditEvent, SecurityToken
from tokens.services.lists.orders import Column, Order

LATEST_FIRST = Order(Column(F("at"), read=from_microseconds), is_descending=True)


@dataclass(frozen=True, slots=True)
class ActivityView:
    """Which entries to show. Filters that are empty leave all of them.

    Attributes:
        token: only those about the token with this identifier, or whose name contains this; it may be deleted.
        action: only those of one kind (`Action`).
        who: only those whose actor's label contains this.
        since: only those from this day on (UTC).
        until: only those up to this day, which counts (UTC).
    """

    token: str = ""
    action: str = ""
    who: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_filtered(self) -> bool:
        """True if it may leave entries out."""
        return self != ActivityView()


def find_activity(owner: User, view: ActivityView) -> QuerySet[AuditEvent]:
    """Return the entries that belong to an account and that a view shows, newest first."""
    events = AuditEvent.objects.filter(owner=owner).order_by(*LATEST_FIRST.terms)
    if view.token:
        events = events.filter(_is_about(events, owner, view.token))
    if view.action:
        events = events.filter(action=view.action)
    if view.who:
        events = events.filter(actor_label__icontains=view.who)
    if view.since:
        events = events.filter(at__gte=_midnight(view.since))
    if view.until and view.until < date.max:
        events = events.filter(at__lt=_midnight(view.until + timedelta(days=1)))
    return events


def _is_about(events: QuerySet[AuditEvent], owner: User, text: str) -> Q:
    if events.filter(token_id=text).exists():
        return Q(token_id=text)
    of_today = SecurityToken.objects.filter(owner=owner, name__icontains=text)
    # A token that is gone is known by what its entries call it.
    once = events.order_by().filter(detail__name__icontains=text).exclude(token_id="")
    return Q(token_id__in=of_today.order_by().values("token_id")) | Q(token_id__in=once.values("token_id"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
