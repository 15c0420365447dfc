"""What is known of a token's use, for its page and for the list."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Sum

from tokens.models import Caller, SecurityToken, TokenSecret, UseDay, UseScope
from tokens.services.use.tidying import KEPT_CALLERS

# How many days the pages look back.
SHOWN_DAYS = 30


class DayCount(NamedTuple):
    """The requests of one day."""

    day: date
    allowed: int
    refused: int


class NamedCount(NamedTuple):
    """The requests of one kind."""

    name: str
    allowed: int
    refused: int


class UseOfToken(NamedTuple):
    """A token's use within `SHOWN_DAYS`: by day (oldest first, today last), by group of API paths, by secret; and who called."""

    days: list[DayCount]
    groups: list[NamedCount]
    secrets: list[NamedCount]
    callers: list[Caller]

    @property
    def allowed(self) -> int:
        """All requests that were allowed."""
        return sum(day.allowed for day in self.days)

    @property
    def refused(self) -> int:
        """All requests that were refused."""
        return sum(day.refused for day in self.days)


def load_use(token: SecurityToken, secrets: Collection[TokenSecret], today: date) -> UseOfToken:
    """Load what is known of a token's use, with three queries.

    Args:
        token: the token.
        secrets: those that work, to name them.
        today: the last day to show (UTC).
    """
    start = today - timedelta(days=SHOWN_DAYS - 1)
    rows = list(UseDay.objects.filter(token=token, day__gte=start).values_list("day", "secret_key", "allowed", "refused"))
    callers = list(Caller.objects.filter(token=token).order_by("-last_at", "-pk")[:KEPT_CALLERS])
    by_day: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    by_secret: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for day, secret_key, allowed, refused in rows:
        for counts in (by_day[day], by_secret[secret_key]):
            counts[0] += allowed
            counts[1] += refused
    days = [DayCount(day, *by_day[day]) for day in _days(start)]
    names = {secret.pk: "Current" if secret.is_current else "Old, still works" for secret in secrets}
    named = [NamedCount(names.get(key, "Retired"), *counts) for key, counts in sorted(by_secret.items(), reverse=True)]
    return UseOfToken(days, _load_groups(token, start), named, callers)


def load_sparks(token_pks: Collection[int], today: date) -> Mapping[int, tuple[int, ...]]:
    """Return for several tokens how many requests each day had that were allowed (oldest first), with one query."""
    start = today - timedelta(days=SHOWN_DAYS - 1)
    found = UseDay.objects.filter(token__in=token_pks, day__gte=start).values_list("token", "day").annotate(sum=Sum("allowed"))
    counts: dict[int, dict[date, int]] = defaultdict(dict)
    for token_pk, day, number in found.order_by():
        counts[token_pk][day] = number
    return {token_pk: tuple(days.get(day, 0) for day in _days(start)) for token_pk, days in counts.items()}


def group_of(path: str) -> str:
    """Return the group of an API path: its first two segments, which name what is asked for ("/datum/list")."""
    return "/".join(path.split("/")[:3]) if path else "other"


def _load_groups(token: SecurityToken, start: date) -> list[NamedCount]:
    rows = UseScope.objects.filter(token=token, day__gte=start).values_list("path")
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, allowed, refused in rows.annotate(Sum("allowed"), Sum("refused")).order_by():
        counts = totals[group_of(path)]
        counts[0] += allowed
        counts[1] += refused
    return [NamedCount(name, *counts) for name, counts in sorted(totals.items(), key=lambda item: -sum(item[1]))]


def _days(start: date) -> list[date]:
    return [start + timedelta(days=number) for number in range(SHOWN_DAYS)]
