"""A view of the list: what its address asks for, as a query (SPEC, "The pages")."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from accounts.models import User
from tokens.domain.dates import to_milliseconds
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.policies.table import TokenType
from tokens.domain.states import EXPIRING_DAYS, State
from tokens.models import NEVER_USED, NO_NODES, LastUse, Node, SecurityToken, SecurityTokenQuerySet
from tokens.services.lists.orders import NEWEST_FIRST, find_order
from tokens.services.lists.search import find_words, look_up, spellings

# A token that was not used for so long may not be needed any more.
UNUSED_DAYS = 90
_DAY = timedelta(days=1)
# Most pages are full after so many rows; only then are the others asked for.
_FIRST_READ = 250
# What the entries with a wildcard begin with, up to that. Nothing is read twice: an account may have as many lists as tokens.
_HEADS = re.compile(r'"([^"*?]*+)[*?]').findall
# Later than any expiry: the largest integer of the column.
_NEVER = 2**63 - 1


class Status(StrEnum):
    """What a list can be limited to. A token that expires soon is active as well."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    DISABLED = "disabled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ListView:
    """Which tokens a list shows, and in which order. Filters that are empty leave all of them.

    Attributes:
        q: words that the identifier, the name, the description, a node or a source contains, each of them.
        status: only those in this state.
        expires: only active ones whose last day is at most so many days ahead.
        unused: only those that are older than so many days and were not used within them.
        node: only those that reach this node.
        source: only those that reach this source ID.
        unrestricted: only those without any restriction.
        sort: what `find_order` takes.
    """

    q: str = ""
    status: str = ""
    expires: int | None = None
    unused: int | None = None
    node: int | None = None
    source: str = ""
    unrestricted: bool = False
    sort: str = NEWEST_FIRST

    @property
    def is_filtered(self) -> bool:
        """True if it may leave tokens out."""
        return bool(self.q or self.status or self.expires or self.unused or self.node or self.source or self.unrestricted)

    @property
    def is_newest_first(self) -> bool:
        """True for the order that is the list's own."""
        return self.sort == NEWEST_FIRST


def find_tokens(owner: User, token_type: TokenType, view: ListView, now: datetime) -> SecurityTokenQuerySet:
    """Return an account's tokens of one type that a view shows, in its order.

    All but what a view's `source` leaves out of the Data tokens: that is for `source_sieve` and `reaches_source`.
    """
    keys = look_up(owner, token_type, view.q)
    if keys is not None:
        tokens = SecurityToken.objects.filter(pk__in=keys).among_them_of(owner).of_type(token_type)
    elif view.sort.removeprefix("-") == "used":
        # The same tokens, found by the index that has them in this order.
        tokens = SecurityToken.objects.filter(stored_use__owner=owner, stored_use__type=token_type.value)
    else:
        tokens = SecurityToken.objects.owned_by(owner).of_type(token_type)
    for condition in _conditions(owner, token_type, view, now):
        tokens = tokens.filter(condition)
    return tokens.order_by(*find_order(owner, view.sort).terms)


def in_status(status: Status, now: datetime) -> Q:
    """Return the condition that a token is in a state at `now`."""
    instant = to_milliseconds(now)
    if status is Status.EXPIRED:
        return Q(not_after__lt=instant)
    if status is Status.EXPIRING:
        return expiring_within(EXPIRING_DAYS, now)
    stored = State.ACTIVE if status is Status.ACTIVE else State.DISABLED
    # As an expression, so that a database takes the index of the status, which holds this column too, and not that of the expiry.
    end = Coalesce("not_after", Value(_NEVER), output_field=BigIntegerField())
    return Q(status=stored.value) & Q(GreaterThanOrEqual(end, instant))


def expiring_within(days: int, now: datetime) -> Q:
    """Return the condition that an active token's last day is at most so many days ahead, by the calendar (UTC)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    end = to_milliseconds(midnight + (days + 1) * _DAY)
    return Q(status=State.ACTIVE.value, not_after__gte=to_milliseconds(now), not_after__lt=end)


def unused_for(days: int, now: datetime) -> Q:
    """Return the condition that a token is older than so many days and was not used within them."""
    start = now - days * _DAY
    return Q(created_at__lt=start, stored_use__at__lt=start)


def find_unused(owner: User, token_type: TokenType, days: int, now: datetime) -> "QuerySet[LastUse]":
    """Return the last uses of an account's tokens that `unused_for` leaves, in the order in which they are counted fastest.

    A token that was used is older than its use. So only one that never was is looked up; for the others an index answers alone.
    """
    start = now - days * _DAY
    is_old = Exists(SecurityToken.objects.filter(pk=OuterRef("pk"), created_at__lt=start))
    uses = LastUse.objects.filter(owner=owner, type=token_type.value, at__lt=start)
    return uses.filter(Q(at__gt=NEVER_USED) | is_old).order_by("-at")


def _conditions(owner: User, token_type: TokenType, view: ListView, now: datetime) -> Iterable[Q]:
    yield from find_words(view.q, token_type)
    if view.status:
        yield in_status(Status(view.status), now)
    if view.expires:
        yield expiring_within(view.expires, now)
    if view.unused:
        yield unused_for(view.unused, now)
    if view.unrestricted:
        yield Q(is_unrestricted=True)
    if view.node:
        yield _reaches_node(owner, token_type, view.node)


def _reaches_node(owner: User, token_type: TokenType, node: int) -> Q:
    is_owned = Q(Exists(Node.objects.filter(owner=owner, node_id=node)))
    # A User token acts on the owner's behalf, at every node.
    if token_type is TokenType.USER:
        return is_owned
    return is_owned & (Q(node_text=NO_NODES) | Q(node_text__contains=f",{node},"))


def source_sieve(source: str) -> Callable[[SecurityTokenQuerySet], Iterator[int]]:
    """Return what yields the keys of Data tokens that reach a source, in their order.

    Patterns are matched by the portal's own rules, so outside the database, and only until nobody asks for more.
    """

    def sieve(tokens: SecurityTokenQuerySet) -> Iterator[int]:
        rows = tokens.values_list("pk", "source_text")
        first = list(rows[:_FIRST_READ])
        yield from (key for key, text in first if reaches_source(text, source))
        if len(first) == _FIRST_READ:
            yield from (key for key, text in rows[_FIRST_READ:].iterator() if reaches_source(text, source))

    return sieve


def reaches_source(source_text: str, source: str) -> bool:
    """Return whether a source is not restricted, is named, or matches a pattern, by a token's `source_text`."""
    if not source_text or any(spelling in source_text for spelling in spellings(source)):
        return True
    return _may_match(source_text, source) and _matches(json.loads(source_text), source)


def _may_match(text: str, source: str) -> bool:
    """Return whether an entry of a JSON list may match a source: one that is the source's beginning up to its first wildcard."""
    # An escape in it may stand for anything, until it is read.
    if "\\" in text:
        return True
    # The last "/" may be missing from the source: `/a/**` matches `/a`.
    return any(source.startswith(head) or head == f"{source}/" for head in _HEADS(text))


def _matches(entries: list[str], source: str) -> bool:
    try:
        return PatternSet(entries).find(source) is not None
    except TooMuchWork:
        # Not known: better listed than missed.
        return True
