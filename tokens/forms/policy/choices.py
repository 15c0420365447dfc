"""All or only these, never or a day: how a choice and the values beside it become one restriction.

An owner who believes that a token is restricted must be right, with and without a script that keeps the two in step. So what the
owner changed counts; where choice and values were both changed and contradict each other, the form reports an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from django.core.exceptions import ValidationError

from tokens.domain.dates import format_day
from tokens.domain.policies.table import Restriction
from tokens.forms.policy.fields import read_day

ALL, ONLY = "all", "only"
NEVER, ON_DATE = "never", "date"

Entry = TypeVar("Entry", int, str)


@dataclass(frozen=True, slots=True)
class ExpiryChoice:
    """One of the quick choices: `value` is what is sent, `date_text` the day it gives ("" if the owner picks one)."""

    value: str
    label: str
    date_text: str
    is_checked: bool


def settle_entries(
    row: Restriction, scope: str, typed: tuple[Entry, ...], before: tuple[Entry, ...] | None
) -> tuple[Entry, ...] | None:
    """Return the list that a restriction gets, `None` for all.

    Args:
        row: the restriction, for the words.
        scope: `all`, `only`, or "" if the form sent none.
        typed: the values given.
        before: what the policy has so far.

    Raises:
        ValidationError: choice and values contradict each other.
    """
    if scope not in {"", ALL, ONLY}:
        raise ValidationError(f"Choose whether {row.label} allows all or only these.")
    if not typed:
        if scope == ONLY:
            raise ValidationError(f"Nothing is entered. Enter at least one, or choose all: {row.unset_means}.")
        return None
    if scope != ALL or before is None:
        # "All" is the default: values given beside it restrict the token.
        return typed
    if _same(typed, before):
        return None
    raise ValidationError(f"You chose all ({row.unset_means}) and also entered some. Remove them, or choose “Only these”.")


def settle_expiry(choice: str, typed: date | None, before: date | None) -> date | None:
    """Return the last day on which the token works, `None` for never.

    Args:
        choice: `never`, `date`, one of the days offered as YYYY-MM-DD, or "" if the form sent none.
        typed: the day in the date field.
        before: the policy's day so far.

    Raises:
        ValidationError: choice and date contradict each other, or the choice is invalid.
    """
    if choice == ON_DATE and typed is None:
        raise ValidationError("The date is missing. Enter the last day on which the token works, or choose “Never”.")
    untouched = ON_DATE if before else NEVER
    if choice in {"", ON_DATE, untouched} and (typed or choice != ON_DATE):
        return typed
    chosen = None if choice == NEVER else read_day(choice)
    if typed in {None, before, chosen}:
        return chosen
    wanted = "never" if chosen is None else format_day(chosen)
    raise ValidationError(
        f"You chose {wanted} and also entered the date {format_day(typed)}. Choose “On a date”, or clear the date."
    )


def expiry_choices(today: date, selected: str) -> Sequence[ExpiryChoice]:
    """Return the quick choices, each with the day that it gives."""
    days = [(f"{count} days", today + timedelta(days=count)) for count in (7, 30, 90)]
    offered = [(day.isoformat(), label, format_day(day)) for label, day in [*days, ("A year", _year_after(today))]]
    current = selected if selected in {NEVER, *(value for value, _, _ in offered)} else ON_DATE
    rows = [(NEVER, "Never", ""), *offered, (ON_DATE, "On a date", "")]
    return [ExpiryChoice(value, label, text, value == current) for value, label, text in rows]


def _same(typed: tuple[Entry, ...], before: tuple[Entry, ...]) -> bool:
    return set(typed) == set(before)


def _year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
