"""One row of the list: a pure function of what it shows, so that a row which did not change is not rendered again."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from tokens.domain.errors import PolicyError
from tokens.domain.policies.phrases import FOLD_AFTER
from tokens.domain.policies.policy import Policy, loads_policy
from tokens.domain.policies.table import TokenType
from tokens.domain.policies.wording import SummaryRow, summary
from tokens.domain.states import Ending, State
from tokens.models import display_name

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


@lru_cache(maxsize=4096)
def render_row(row: TokenRow) -> SafeString:
    """Return the table row of a token."""
    policy = read_policy(row.policy)
    lines = None if policy is None else policy_lines(policy)
    return render_to_string("tokens/_row.html", {"row": row, "lines": lines})


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
