"""Which tokens reach a node, and how many do."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, QuerySet

from accounts.models import User
from tokens.domain.policies.table import TokenType
from tokens.models import NO_NODES, SecurityToken
from tokens.services.lists.views import ListView, Status, find_tokens, in_status


class Reach(NamedTuple):
    """How many active tokens reach a node: those that name it, Data tokens that reach every node, and User tokens."""

    naming: int
    unrestricted: int
    user: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.naming + self.unrestricted + self.user


class NodeReach:
    """The active tokens of an account, counted by the nodes that they reach. Takes two queries, for any number of nodes."""

    def __init__(self, owner: User, now: datetime) -> None:
        """Count them."""
        active = SecurityToken.objects.filter(owner=owner).filter(in_status(Status.ACTIVE, now)).order_by()
        self._user = active.of_type(TokenType.USER).count()
        self._named: Counter[str] = Counter()
        for text, count in active.of_type(TokenType.DATA).values_list("node_text").annotate(count=Count("pk")):
            for node in [NO_NODES] if text == NO_NODES else text.strip(",").split(","):
                self._named[node] += count

    def of(self, node_id: int) -> Reach:
        """Return how many tokens reach one of the account's nodes."""
        return Reach(self._named[str(node_id)], self._named[NO_NODES], self._user)


def find_reaching(owner: User, token_type: TokenType, node_id: int, now: datetime) -> QuerySet[SecurityToken]:
    """Return the active tokens of one type that reach a node, newest first."""
    view = ListView(node=node_id, status=Status.ACTIVE)
    return find_tokens(owner, token_type, view, now).select_related("stored_use")
