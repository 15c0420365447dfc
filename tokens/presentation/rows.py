"""One row of the list: a pure function of what it shows, so that a row which did not change is not rendered again."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from tokens.domain.errors import PolicyError
from tokens.domain.policies.phrases import FOLD_AFTER
from tokens.domain.policies.policy import Policy, loads_policy
from tokens.domain.policies.table import TokenType
from tokens.domain.policies.wording import SummaryRow, summary
from tokens.domain.states import Ending, State, find_ending, state_at
from tokens.models import SecurityTokenQuerySet, display_name
from tokens.web.notices import Notice, anchor_of

# How many entries of a list unfold in the row; the token's own page shows all.
_UNFOLDED_ENTRIES = 25


class TokenRow(NamedTuple):
    """Everything that a row shows, and nothing of who looks at it: no session, no CSRF token, and no clock but for the state."""

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

    @property
    def anchor(self) -> str:
        """The id of the row on the page."""
        return anchor_of(self.token_id)

    @property
    def display_name(self) -> str:
        """The name; without one, type and date: so that every row has one."""
        return display_name(self.name, TokenType(self.type), self.created_at)


class PolicyLine(NamedTuple):
    """One restriction in a row: in short and, if that leaves something out, its first entries."""

    label: str
    short: str
    full: str
    total: int = 0
    entries: tuple[object, ...] = ()
    more: int = 0


def load_rows(tokens: SecurityTokenQuerySet, now: datetime) -> list[TokenRow]:
    """Load the rows of some tokens with one query, and nothing more than they show."""
    found = tokens.annotate(policy_text=Cast("policy", TextField())).values_list(
        "token_id", "type", "name", "description", "policy_text", "created_at", "last_used_at", "status", "not_after"
    )
    return [_make_row(shown, status, not_after, now) for *shown, status, not_after in found]


def _make_row(shown: Sequence[Any], status: str, not_after: int | None, now: datetime) -> TokenRow:
    state = state_at(now, status=status, not_after=not_after)
    return TokenRow._make([*shown, state, find_ending(now, status=status, not_after=not_after), State(status)])


@lru_cache(maxsize=4096)
def render_row(row: TokenRow) -> SafeString:
    """Return the table row of a token."""
    return render_row_with(row, None)


def render_row_with(row: TokenRow, notice: Notice | None) -> SafeString:
    """Return the table row of a token and, below it, what was just done to it."""
    policy = read_policy(row.policy)
    lines = None if policy is None else policy_lines(policy)
    return render_to_string("tokens/_row.html", {"row": row, "lines": lines, "notice": notice})


def read_policy(text: str) -> Policy | None:
    """Return a stored policy, `None` if it cannot be read: it then denies everything."""
    try:
        return loads_policy(text)
    except PolicyError:
        return None


def policy_lines(policy: Policy, *, unfolded: int = _UNFOLDED_ENTRIES) -> list[PolicyLine]:
    """Return what a policy restricts, one line a restriction; long lists are folded, with a count."""
    values = (getattr(policy, row.attribute) for row in policy.set_restrictions())
    return [_policy_line(line, value, unfolded) for line, value in zip(summary(policy), values, strict=True)]


def _policy_line(line: SummaryRow, value: object, unfolded: int) -> PolicyLine:
    if not isinstance(value, tuple) or len(value) <= FOLD_AFTER + 1:
        return PolicyLine(*line)
    return PolicyLine(*line, len(value), value[:unfolded], max(0, len(value) - unfolded))
