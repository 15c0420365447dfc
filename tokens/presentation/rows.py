"""One row of the list: a pure function of what it shows, so that a row which did not change is not rendered again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from tokens.domain.dates import format_ago, format_ahead, format_day, format_timestamp, from_milliseconds
from tokens.domain.errors import PolicyError
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.stored import loads_policy
from tokens.domain.policies.table import Kind, Restriction, TokenType
from tokens.domain.policies.wording.phrases import aggregation_label, date_text
from tokens.domain.states import Ending, State, find_ending, state_at
from tokens.models import NEVER_USED, SecurityToken, SecurityTokenQuerySet, display_name
from tokens.presentation.use.charts import draw_spark
from tokens.services.use.reading import load_sparks
from tokens.web.notices import Notice, anchor_of

# How many entries of a list open in a row; the token's own page shows all.
_OPENED_ENTRIES = 25
_EVERY = {
    Aggregation.HOUR: "Hourly",
    Aggregation.DAY: "Daily",
    Aggregation.WEEK: "Weekly",
    Aggregation.MONTH: "Monthly",
    Aggregation.YEAR: "Yearly",
}


class Chip(NamedTuple):
    """One restriction: its label, for a list its first entries, and how many more there are."""

    label: str
    entries: tuple[object, ...] = ()
    more: int = 0


class TokenRow(NamedTuple):
    """Everything that a row shows, and nothing of who looks at it: no session, no CSRF token.

    What depends on the clock is in words as coarse as what they tell, so that a row seldom changes.
    """

    pk: int
    token_id: str
    type: str
    name: str
    description: str
    policy: str
    created_at: datetime
    last_used_at: datetime | None
    state: State
    ending: Ending | None
    status: State
    used: str
    expires: str
    not_after: int | None
    # The points of a small line: how much the token was used in the last days.
    spark: str = ""

    @property
    def anchor(self) -> str:
        """The id of the row on the page."""
        return anchor_of(self.token_id)

    @property
    def display_name(self) -> str:
        """The name; without one, type and date: so that every row has one."""
        return display_name(self.name, TokenType(self.type), self.created_at)


def load_rows(tokens: SecurityTokenQuerySet, now: datetime) -> list[TokenRow]:
    """Load the rows of some tokens with two queries, and nothing more than they show."""
    rows = make_rows(select_rows(tokens), now)
    return add_sparks(rows, load_sparks([row.pk for row in rows], now.date()))


def select_rows(tokens: SecurityTokenQuerySet) -> QuerySet[SecurityToken, Any]:
    """Return the query of `load_rows`, for a page of it."""
    return tokens.annotate(policy_text=Cast("policy", TextField())).values_list(
        "pk", "token_id", "type", "name", "description", "policy_text", "created_at", "stored_use__at", "status", "not_after"
    )


def make_rows(found: Iterable[Any], now: datetime) -> list[TokenRow]:
    """Make rows of what `select_rows` found."""
    return [_make_row(shown, used_at, status, not_after, now) for *shown, used_at, status, not_after in found]


def add_sparks(rows: Iterable[TokenRow], sparks: Mapping[int, Sequence[int]]) -> list[TokenRow]:
    """Return rows with their small lines, from the requests of each day by the token's key."""
    return [row._replace(spark=draw_spark(sparks[row.pk])) if row.pk in sparks else row for row in rows]


def _make_row(shown: Sequence[Any], used_at: datetime | None, status: str, not_after: int | None, now: datetime) -> TokenRow:
    state = state_at(now, status=status, not_after=not_after)
    ending = find_ending(now, status=status, not_after=not_after)
    last_used_at = used_at if used_at and used_at > NEVER_USED else None
    used = format_ago(last_used_at, now) if last_used_at else ""
    expires = "" if not_after is None or state.is_expired else format_ahead(from_milliseconds(not_after), now)
    return TokenRow._make([*shown, last_used_at, state, ending, State(status), used, expires, not_after, ""])


@lru_cache(maxsize=4096)
def render_row(row: TokenRow) -> SafeString:
    """Return the table row of a token."""
    return render_row_with(row, None)


def render_row_with(row: TokenRow, notice: Notice | None) -> SafeString:
    """Return the table row of a token and, below it, what was just done to it."""
    policy = read_policy(row.policy)
    context = {
        **_texts_of(row),
        "chips": None if policy is None else chips(policy, expires=row.expires),
        "state": row.state,
        "ending": row.ending,
        "notice": notice,
    }
    return render_to_string("tokens/_row.html", context)


class _Instant(NamedTuple):
    """An instant as a row writes it, for programs and for people."""

    exact: str
    day: str
    hour: str


def _texts_of(row: TokenRow) -> dict[str, object]:
    """Return what the template writes, escaped and formatted once: names and addresses stand in a row up to ten times."""
    return {
        "token_id": escape(row.token_id),
        "anchor": escape(row.anchor),
        "name": escape(row.display_name),
        "description": escape(row.description),
        # The addresses of the acts lie below it (`tokens/urls.py`).
        "url": escape(reverse("tokens:detail", args=[row.token_id])),
        "like_url": escape(f"{reverse('tokens:create', args=[TokenType(row.type)])}?{urlencode({'from': row.token_id})}"),
        "created": _write(row.created_at),
        "last_used": _write(row.last_used_at) if row.last_used_at else None,
        "used": row.used,
        "spark": row.spark,
        "action": "Disable" if row.status.is_active else "Enable",
        "toggled": row.status.toggled,
    }


def _write(instant: datetime) -> _Instant:
    return _Instant(format_timestamp(instant), format_day(instant), f"{instant:%H:%M}")


def read_policy(text: str) -> Policy | None:
    """Return a stored policy, `None` if it cannot be read: it then denies everything."""
    try:
        return loads_policy(text)
    except PolicyError:
        return None


def chips(policy: Policy, *, expires: str = "") -> list[Chip]:
    """Return what a policy restricts, in the policy table's order; `expires` says how far ahead its end is ("" if it is over)."""
    return [_chip(row, getattr(policy, row.attribute), expires) for row in policy.set_restrictions()]


def _chip(row: Restriction, value: object, expires: str) -> Chip:
    if isinstance(value, tuple):
        label = f"{len(value):,} {row.noun}{'' if len(value) == 1 else 's'}"
        return Chip(label, value[:_OPENED_ENTRIES], max(0, len(value) - _OPENED_ENTRIES))
    if row.kind is Kind.INSTANT and isinstance(value, int):
        return Chip(f"until {date_text(value)}{f' · {expires}' if expires else ''}")
    if isinstance(value, Aggregation):
        coarser = "" if value is Aggregation.RUNNING_TOTAL else "+"
        return Chip(f"{_EVERY.get(value) or aggregation_label(value)}{coarser}")
    return Chip(row.label.capitalize())
