"""Sixty days of believable use for the demo account, so that every chart and list has something to show."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tokens.models import Caller, SecurityToken, TokenSecret, UseDay, UseScope
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.use.counting import Scope

DAYS = 60
_FIRST_CALLER_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Habit:
    """How a token is used: calls on a usual day, what is asked for and how much of each, and what is refused now and then."""

    calls: int
    scopes: tuple[tuple[Scope, float], ...]
    callers: tuple[tuple[str, str], ...]
    refusals: tuple[dict[str, Any], ...] = ()


_DASHBOARD = Habit(
    calls=288,
    scopes=(
        (Scope("GET", "/datum/list", json.dumps([101]), json.dumps(["/inverter/1"]), "Hour"), 0.6),
        (Scope("GET", "/datum/mostRecent", json.dumps([101, 102]), json.dumps(["/meter/1"])), 0.4),
    ),
    callers=(("192.0.2.17", "Mozilla/5.0 (X11; Linux x86_64)"), ("198.51.100.8", "Mozilla/5.0 (Android 15; Mobile)")),
    refusals=(
        {
            "code": "FORBIDDEN",
            "rule": "apiPaths",
            "entry": "",
            "value": "/datum/stream/datum",
            "message": "The path /datum/stream/datum is none of the policy's API paths.",
            "method": "GET",
            "path": "/solarquery/api/v1/sec/datum/stream/datum",
        },
        {
            "code": "FORBIDDEN",
            "rule": "nodeIds",
            "entry": "",
            "value": "205",
            "message": "Node 205 is none of the policy's nodes.",
            "method": "GET",
            "path": "/solarquery/api/v1/sec/datum/list",
        },
    ),
)
_PROVISIONING = Habit(
    calls=12,
    scopes=((Scope("POST", "/instr/add"), 0.3), (Scope("GET", "/nodes"), 0.7)),
    callers=(("192.0.2.17", "python-requests/2.32"),),
)
_EXPORT = Habit(
    calls=24,
    scopes=((Scope("GET", "/datum/list"), 0.9), (Scope("GET", "/auth-tokens/refresh/v2"), 0.1)),
    callers=(("192.0.2.17", "solarnet-export/1.4"),),
)
HABITS = {"Public dashboard": _DASHBOARD, "Node provisioning": _PROVISIONING, "Nightly export": _EXPORT}


def add_use(token: SecurityToken, now: datetime) -> None:
    """Add the use of a demo token that has a habit, up to its last use."""
    habit = HABITS.get(token.name)
    if habit is None:
        return
    # The same each time, so that pictures and tests show the same.
    chance = random.Random(token.name)  # noqa: S311 -- made-up numbers, no secret
    secret = TokenSecret.objects.filter(token=token).order_by("pk")[0]
    days = list(_days(token, habit, now.date(), chance))
    UseDay.objects.bulk_create(
        UseDay(token=token, day=day, secret_key=secret.pk, allowed=sum(counts), refused=2 if refused else 0)
        for day, counts, refused in days
    )
    UseScope.objects.bulk_create(
        UseScope(token=token, day=day, scope_key=scope.key, allowed=count, **scope._asdict())
        for day, counts, _ in days
        for (scope, _share), count in zip(habit.scopes, counts, strict=True)
    )
    _add_callers(token, habit, now, sum(sum(counts) for _, counts, _ in days))
    _add_refusals(token, habit, now)


def _days(token: SecurityToken, habit: Habit, today: date, chance: random.Random) -> Iterator[tuple[date, list[int], bool]]:
    first = max(today - timedelta(days=DAYS - 1), token.created_at.date())
    for number in range((today - first).days + 1):
        day = first + timedelta(days=number)
        usual = habit.calls * (0.35 if day.weekday() > 4 else 1) * chance.uniform(0.75, 1.1)
        yield day, [round(usual * share) for _, share in habit.scopes], bool(habit.refusals) and chance.random() < 0.2


def _add_callers(token: SecurityToken, habit: Habit, now: datetime, calls: int) -> None:
    for place, (address, client) in enumerate(habit.callers):
        share = _FIRST_CALLER_SHARE if place == 0 and len(habit.callers) > 1 else 1 - _FIRST_CALLER_SHARE
        Caller.objects.create(
            token=token,
            address=address,
            client=client,
            first_at=max(token.created_at, now - timedelta(days=DAYS - 7 * place)),
            last_at=now - timedelta(hours=1 + 5 * place),
            calls=calls if len(habit.callers) == 1 else round(calls * share),
        )


def _add_refusals(token: SecurityToken, habit: Habit, now: datetime) -> None:
    address, client = habit.callers[0]
    actor = Actor(label=f"token {token.token_id}", address=address, client=client)
    for place, detail in enumerate(habit.refusals):
        for days in (2, 9, 20):
            at = now - timedelta(days=days + place, hours=place)
            if at > token.created_at:
                audit.record(Action.REFUSED, token=token, actor=actor, at=at, **detail)
