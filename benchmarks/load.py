"""Tokens like the field's: 100,000 of 1,000 accounts, no two policies alike, and for each a request that its policy allows."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from tokens import conf
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.credentials import make_secret, make_token_id
from tokens.models import NEVER_USED, LastUse, Node, SecurityToken, TokenSecret

TOKENS = 100_000
# Kinds of tokens other than the distinct ones: enough that a run never asks the same one twice.
OTHERS = 20_000
ACCOUNTS = 1_000
NODES_EACH = 10
BATCH = 5_000
# The benchmark has to sign for every token, so they share one private password; each is sealed for its own token.
SECRET = make_secret()
_METHODS = ("/datum/list", "/datum/mostRecent", "/datum/reading", "/nodes/sources")
_PLACES = ("roof", "barn", "yard", "shed", "north", "south", "mill", "dock")
_DEVICES = ("inverter", "meter", "battery", "weather", "charger", "pump")
_LEVELS = (Aggregation.FIVE_MINUTE, Aggregation.FIFTEEN_MINUTE, Aggregation.HOUR, Aggregation.DAY)


@dataclass(frozen=True, slots=True)
class Asked:
    """A token and a request that its policy allows."""

    token_pk: int
    token_id: str
    path: str
    query: str


def nodes_of(number: int) -> range:
    """Return the IDs of the nodes of the account that has the token of this number."""
    first = 1 + number % ACCOUNTS * NODES_EACH
    return range(first, first + NODES_EACH)


def full_policy(number: int) -> Policy:
    """Return a policy with every restriction set, unlike that of any other number."""
    chance = random.Random(number)
    place, device = chance.choice(_PLACES), chance.choice(_DEVICES)
    sources = (
        f"/{place}/{number}/{device}/1",
        f"/{place}/{device}{number}/*",
        f"/{place}/**/{device}{number % 97}",
        f"{device.upper()}{number}",
    )
    node_paths = (f"/m/{device}{number}", f"/pm/{place}/**", f"/pm/{device}/*")
    return Policy(
        api_paths=("/datum/**", "/nodes/*", f"/location/{number}/**", "!/datum/stream/**"),
        not_after=4_102_444_799_999 + number,
        min_aggregation=chance.choice(_LEVELS),
        node_ids=tuple(sorted(chance.sample(nodes_of(number), chance.randint(1, 6)))),
        refresh_allowed=chance.random() < 0.5,
        source_ids=tuple(chance.sample(sources, len(sources))),
        node_metadata_paths=node_paths[: chance.randint(1, 3)],
        user_metadata_paths=(f"/pm/{place}{number}/*",),
    )


def plain_policy(number: int, entries: int) -> Policy:
    """Return a policy of so many plain source IDs, unlike that of any other number."""
    return Policy(source_ids=tuple(f"/{number}/meter/{entry}" for entry in range(entries)))


def request_for(policy: Policy, number: int) -> tuple[str, str]:
    """Return path and query of a request that the policy allows: one of its nodes, and a source that an entry matches."""
    chance = random.Random(-number)
    node = chance.choice(policy.node_ids or nodes_of(number))
    entry = chance.choice(policy.source_ids or (f"/any/{number}",))
    source = entry.replace("**", "a/b").replace("*", "x").replace("/", "%2F")
    path = f"/solarquery/api/v1/sec{chance.choice(_METHODS)}"
    return path, f"nodeId={node}&sourceId={source}&aggregation=Day&startDate=2026-11-01T00%3A00"


def fill() -> list[User]:
    """Make the accounts and their nodes, in place of what an earlier run has left."""
    call_command("migrate", verbosity=0)
    # A run that was interrupted may have left anything.
    call_command("flush", verbosity=0, interactive=False)
    owners = User.objects.bulk_create(User(email=f"owner{number}@bench.example.org") for number in range(ACCOUNTS))
    Node.objects.bulk_create(Node(node_id=node, owner=owner) for number, owner in enumerate(owners) for node in nodes_of(number))
    return owners


def issue(owners: list[User], policies: Iterable[Policy], token_type: TokenType, *, is_used: bool) -> list[Asked]:
    """Store a token for each policy, the accounts in turn. Its secret was used a day ago, unless it is to be a new one."""
    vault, now = conf.get_vault(), timezone.now()
    asked: list[Asked] = []
    for batch in batched(enumerate(policies), BATCH):
        tokens = SecurityToken.objects.bulk_create(
            _token(owners[number % len(owners)], policy, token_type) for number, policy in batch
        )
        TokenSecret.objects.bulk_create(
            _secret(token, vault.seal(SECRET, token_id=token.token_id), now, is_used=is_used) for token in tokens
        )
        LastUse.objects.bulk_create(_last_use(token, now, is_used=is_used) for token in tokens)
        for token, (number, policy) in zip(tokens, batch, strict=True):
            asked.append(Asked(token.pk, token.token_id, *request_for(policy, number % len(owners))))
    return asked


def _token(owner: User, policy: Policy, token_type: TokenType) -> SecurityToken:
    return SecurityToken(token_id=make_token_id(), owner=owner, type=token_type.value, policy=policy.to_json())


def _secret(token: SecurityToken, sealed: bytes, now: datetime, *, is_used: bool) -> TokenSecret:
    used_at = now - timedelta(days=1) if is_used else None
    return TokenSecret(token=token, sealed=sealed, first_used_at=used_at, last_used_at=used_at)


def _last_use(token: SecurityToken, now: datetime, *, is_used: bool) -> LastUse:
    at = now - timedelta(days=1) if is_used else NEVER_USED
    return LastUse(token=token, owner_id=token.owner_id, type=token.type, at=at)


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield the items in lists of this size; the last one may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def analyze() -> None:
    """Let the planner know the tables, as a database that has run for a day does."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
