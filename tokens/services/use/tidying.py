"""Dropping counts of use that are old, a bounded number of rows at a time, so that no request waits for long."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db import models, transaction
from django.db.models import Count

from tokens.models import Caller, Mail, SecurityToken, UseDay, UseScope

# A year and a month: this month can be compared with that of a year ago.
KEPT_DAYS = 400
# Of a token's callers the newest are kept.
KEPT_CALLERS = 10
BATCH = 1000


def tidy(today: date) -> Iterator[tuple[str, int]]:
    """Drop what is old, batch by batch; yields what was dropped, in words, and how many rows of it."""
    start = today - timedelta(days=KEPT_DAYS)
    for label, model in (("days", UseDay), ("kinds of requests", UseScope)):
        while number := _drop(model, model._default_manager.filter(day__lt=start).order_by("day", "pk")):
            yield label, number
    instant = datetime.combine(start, time(), UTC)
    while number := _drop(Mail, Mail.objects.filter(done_at__lt=instant).order_by("pk")):
        yield "mails", number
    crowded = SecurityToken.objects.annotate(count=Count("callers")).filter(count__gt=KEPT_CALLERS).order_by("pk")
    while keys := list(crowded.values_list("pk", flat=True)[:BATCH]):
        yield "callers", sum(_drop_callers(key) for key in keys)


@transaction.atomic
def _drop(model: type[models.Model], rows: "models.QuerySet[models.Model]") -> int:
    keys = list(rows.values_list("pk", flat=True)[:BATCH])
    return model._default_manager.filter(pk__in=keys).delete()[0]


@transaction.atomic
def _drop_callers(token_pk: int) -> int:
    kept = Caller.objects.filter(token=token_pk).order_by("-last_at", "-pk").values_list("pk", flat=True)[:KEPT_CALLERS]
    return Caller.objects.filter(token=token_pk).exclude(pk__in=list(kept)).delete()[0]
