"""What an edit of a policy will mean: what it makes possible, and which calls of the last 30 days it would have refused."""

from dataclasses import dataclass
from datetime import datetime

from tokens.domain.policies.policy import Policy
from tokens.domain.policies.wording.phrases import Words
from tokens.domain.rehearsal.proof import Account, Unproven, find_new_access
from tokens.domain.rehearsal.replay import Refusal
from tokens.models import Node, SecurityToken
from tokens.services.use.rehearsing import Past, Rehearsal, rehearse

_SHOWN_REFUSALS = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outlook of an edit. `new` is one thing that becomes possible, `None` for nothing; `is_known`: one of both is proven."""

    is_known: bool
    new: Words | None
    rehearsal: Rehearsal

    @property
    def shown(self) -> list[Refusal]:
        """The refusals of the most frequent calls."""
        return self.rehearsal.refusals[:_SHOWN_REFUSALS]

    @property
    def hidden(self) -> int:
        """How many more kinds of calls would be refused."""
        return len(self.rehearsal.refusals) - len(self.shown)


def foresee(token: SecurityToken, policy: Policy, *, now: datetime) -> Outlook | None:
    """Return the outlook of giving a token another policy, `None` if it has that policy already."""
    before = token.read_policy()
    if policy == before:
        return None
    rehearsal = rehearse(token, policy, now=now)
    try:
        found = find_new_access(before, policy, token.token_type, _account_of(token, rehearsal.past))
    except Unproven:
        return Outlook(False, None, rehearsal)
    return Outlook(True, found.text if found else None, rehearsal)


def _account_of(token: SecurityToken, past: Past) -> Account:
    """Return what examples are made of: the account's nodes, and what the token asked for."""
    nodes = list(Node.objects.filter(owner=token.owner_id).order_by("node_id").values_list("node_id", flat=True))
    sources = dict.fromkeys(source for asked in past.kinds for source in asked.sources if "*" not in source and "?" not in source)
    return Account(nodes, tuple(sources), tuple(dict.fromkeys(asked.path for asked in past.kinds if asked.path)))
