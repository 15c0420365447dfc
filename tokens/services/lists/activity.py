"""An account's audit trail, as its owner looks through it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from accounts.models import User
from tokens.models import AuditEvent


@dataclass(frozen=True, slots=True)
class ActivityView:
    """Which entries to show. Filters that are empty leave all of them.

    Attributes:
        token: only those about the token with this identifier, which may be deleted.
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
    events = AuditEvent.objects.filter(owner=owner).order_by("-at", "-pk")
    if view.token:
        events = events.filter(token_id=view.token)
    if view.action:
        events = events.filter(action=view.action)
    if view.who:
        events = events.filter(actor_label__icontains=view.who)
    if view.since:
        events = events.filter(at__gte=_midnight(view.since))
    if view.until and view.until < date.max:
        events = events.filter(at__lt=_midnight(view.until + timedelta(days=1)))
    return events


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
