"""A database like that of a large installation, for `seed_load`: many accounts, and rows that are unlike each other."""

import json
import random
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max

from accounts.models import User
from tokens import conf
from tokens.domain.policies.policy import last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.credentials import make_secret
from tokens.domain.states import State
from tokens.models import NEVER_USED, AuditEvent, LastUse, Node, SecurityToken, TokenSecret
from tokens.models.policies import mark_stored
from tokens.services.audit import Action
from tokens.services.signed_requests.driver import write_instant

# Every account that is made here has an address of this domain, so that others are told apart.
DOMAIN = "@load.example.org"
# The accounts that one signs in with, and how many tokens each has, if there are so many in all.
NAMED = {"ten": 10, "thousand": 1_000, "hundred-thousand": 100_000}
_OTHERS_EACH = 100
_BATCH = 20_000
_NODES_EACH = 8
_FIRST_NODE = 5_000_000_000
# Entries of the activity of the newest token of the account with a thousand.
MANY_ENTRIES = 10_000
_PLACES = ("Roof", "Barn", "North field", "Mill", "Depot", "School", "Harbour", "Greenhouse", "Workshop", "Island")
_TASKS = ("dashboard", "nightly export", "monitor", "billing", "forecast", "alarm", "report", "mobile app", "archive", "test")
_CLIENTS = ("curl/8.5.0", "python-requests/2.32", "solarnetwork-api-core/3.0.0", "Grafana/11.2", "Java/21.0.4", "")
_ALPHABET = string.ascii_letters + string.digits
# When the first account was made.
_SINCE = timedelta(days=1_000)
_LEVELS = ("FiveMinute", "FifteenMinute", "Hour", "Day")


class Progress(NamedTuple):
    """How many tokens are stored."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Plan:
    """An account to be made, and how many tokens it gets."""

    email: str
    tokens: int
    is_named: bool


def plan_accounts(total: int) -> Iterator[Plan]:
    """Yield the accounts that have `total` tokens together, the named ones first."""
    left = total
    for name, size in NAMED.items():
        if size <= left:
            left -= size
            yield Plan(f"{name}{DOMAIN}", size, is_named=True)
    for number in range(-(-left // _OTHERS_EACH)):
        yield Plan(f"account-{number}{DOMAIN}", min(_OTHERS_EACH, left - number * _OTHERS_EACH), is_named=False)


def fill(total: int, *, password: str, now: datetime, report: Callable[[Progress], None]) -> None:
    """Store accounts, nodes, tokens, secrets, uses and audit entries.

    Args:
        total: the number of tokens.
        password: of the named accounts; the others cannot sign in.
        now: what "expires soon" and "used lately" refer to.
        report: called after each transaction.
    """
    # Before anything is stored: without a key no secret can be.
    conf.get_vault()
    _hurry()
    plans = list(plan_accounts(total))
    owners = _store_owners(plans, make_password(password), now)
    rows = chain.from_iterable(repeat(owner, plan.tokens) for owner, plan in zip(owners, plans, strict=True))
    first = _next_key(SecurityToken)
    with _index_of_words_last():
        for start in range(0, total, _BATCH):
            with transaction.atomic():
                _store_tokens([_Row(first + start + place, owner, now) for place, owner in enumerate(islice(rows, _BATCH))])
            report(Progress(min(start + _BATCH, total), total))
    _store_much_activity(now)
    _reset_sequences()


@contextmanager
def _index_of_words_last() -> Iterator[None]:
    """Leave out the index that a search uses, and make it afterwards: row by row it takes as long as the rows themselves."""
    index = import_module("tokens.migrations.0018_search_by_account")
    with transaction.atomic():
        index.remove_index(connection)
    try:
        yield
    finally:
        index.add_index(connection)


def settle() -> None:
    """Let the database know its tables as one does that has run for a day; PostgreSQL's own daemon comes by at its own times."""
    statement = "VACUUM ANALYZE" if connection.vendor == "postgresql" and not connection.in_atomic_block else "ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(statement)


# Indexes are kept or made in memory, and nothing waits for the disk: a power cut may lose the last rows, and no others.
_HASTE = {
    "sqlite": ("PRAGMA cache_size=-500000", "PRAGMA synchronous=NORMAL"),
    "postgresql": ("SET maintenance_work_mem='512MB'", "SET synchronous_commit=off"),
}


def _hurry() -> None:
    """Set this connection up for many rows, where it is not in the middle of something."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        for statement in _HASTE[connection.vendor]:
            cursor.execute(statement)


def _store_owners(plans: Sequence[Plan], password_hash: str, now: datetime) -> list[int]:
    """Store the accounts and their nodes; return the keys of the accounts."""
    nobody = make_password(None)
    accounts = (
        User(email=plan.email, password=password_hash if plan.is_named else nobody, date_joined=now - _SINCE) for plan in plans
    )
    with transaction.atomic():
        keys = [owner.pk for owner in User.objects.bulk_create(accounts)]
        _insert(Node, ("node_id", "name", "owner_id"), ((node, _place(node), key) for key in keys for node in _nodes_of(key)))
    return keys


def _store_tokens(rows: Sequence["_Row"]) -> None:
    vault = conf.get_vault()
    # Nobody is told them, so one is enough; sealed for each token it looks as different as any.
    secret = make_secret()
    _insert(SecurityToken, _Row.COLUMNS, (row.token() for row in rows))
    _insert(
        TokenSecret,
        ("token_id", "sealed", "created_at", "ends_with_successor", "last_used_address", "last_used_client", "fingerprint"),
        ((row.key, vault.seal(secret, token_id=row.token_id), row.created_at, False, "", "", "") for row in rows),
    )
    _insert(LastUse, ("token_id", "owner_id", "type", "at", "address", "client"), (row.use() for row in rows))
    _insert_entries((row.created_at, Action.CREATED, row.token_id, row.owner, "command (seed_load)", "{}") for row in rows)


def _store_much_activity(now: datetime) -> None:
    token = SecurityToken.objects.filter(owner__email=f"thousand{DOMAIN}").order_by("-created_at", "-pk").first()
    if token is None:
        return
    instants = (write_instant(now - timedelta(minutes=ago)) for ago in range(MANY_ENTRIES, 0, -1))
    detail, label = json.dumps({"code": "TOKEN_EXPIRED", "rule": "notAfter"}), f"token {token.token_id}"
    with transaction.atomic():
        _insert_entries((at, Action.REFUSED, token.token_id, token.owner_id, label, detail) for at in instants)


def _insert_entries(entries: Iterable[tuple[object, Action, str, int, str, str]]) -> None:
    columns = ("at", "action", "token_id", "owner_id", "actor_label", "detail", "address", "client", "count")
    rows = ((at, action.value, token, owner, label, detail, "", "", 1) for at, action, token, owner, label, detail in entries)
    _insert(AuditEvent, columns, rows)


def _insert(model: type[models.Model], columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows without making models of them, which would take most of the time."""
    names = list(columns)
    into = f"{model._meta.db_table} ({', '.join(names)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        # Names of this module's own, no values.
        cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(names))})", list(rows))  # noqa: S608


def _next_key(model: type[models.Model]) -> int:
    return (model._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1


def _reset_sequences() -> None:
    """Let the database count on from the keys that were given here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [SecurityToken]):
            cursor.execute(statement)


class _Row:
    """One token and what belongs to it. The same key always makes the same row."""

    COLUMNS = ("id", "token_id", "owner_id", "type", "status", "name", "description", "policy", "policy_mark", "created_at")

    def __init__(self, key: int, owner: int, now: datetime) -> None:
        """Choose what the row is like."""
        self.key, self.owner, self._now = key, owner, now
        self._chance = chance = random.Random(key)  # noqa: S311 -- for rows that look different, not for secrets
        self.token_id = "".join(chance.choices(_ALPHABET, k=20))
        self._created = now - _SINCE + timedelta(seconds=80 * (key % 1_000_000), microseconds=key % 1_000)
        self.created_at = write_instant(self._created)
        self.is_data = chance.random() < 0.6
        self.is_used = chance.random() < 0.85

    @property
    def _type(self) -> str:
        return (TokenType.DATA if self.is_data else TokenType.USER).value

    def token(self) -> tuple[object, ...]:
        """Return the values of `COLUMNS`."""
        chance = self._chance
        place, task = chance.choice(_PLACES), chance.choice(_TASKS)
        policy = self._policy()
        return (
            self.key,
            self.token_id,
            self.owner,
            self._type,
            (State.DISABLED if chance.random() < 0.08 else State.ACTIVE).value,
            f"{place} {task} {self.key}" if chance.random() < 0.9 else "",
            f"For the {task} of {place.lower()}, made by row {self.key}." if chance.random() < 0.5 else "",
            json.dumps(policy),
            mark_stored(policy, connection.vendor),
            self.created_at,
        )

    def use(self) -> tuple[object, ...]:
        """Return the token's last use: most of them lately, some long ago, some never."""
        write = LastUse.instant_writer(connection)
        if not self.is_used:
            return self.key, self.owner, self._type, write(NEVER_USED), "", ""
        longest = min((self._now - self._created).total_seconds(), 300 * 86_400)
        at = self._now - timedelta(seconds=longest * self._chance.random() ** 4)
        return self.key, self.owner, self._type, write(at), f"198.51.100.{self.key % 250}", self._chance.choice(_CLIENTS)

    def _policy(self) -> dict[str, object]:
        chance, key = self._chance, self.key
        policy: dict[str, object] = {}
        if chance.random() < 0.4:
            policy["apiPaths"] = [chance.choice(("/datum/**", "/nodes/*")), f"/location/{key}/**", "!/datum/stream/**"]
        if chance.random() < 0.5:
            days = chance.choice((-400, -30, -1, 2, 10, 25, 90, 400, 2_000)) + key % 20
            policy["notAfter"] = last_instant_of((self._now + timedelta(days=days)).date())
        return {**policy, **self._data_policy()} if self.is_data else policy

    def _data_policy(self) -> dict[str, object]:
        chance, key = self._chance, self.key
        policy: dict[str, object] = {}
        if chance.random() < 0.4:
            policy["minAggregation"] = chance.choice(_LEVELS)
        if chance.random() < 0.5:
            nodes = _nodes_of(self.owner)
            policy["nodeIds"] = list(nodes[key % _NODES_EACH :])
        if chance.random() < 0.3:
            policy["refreshAllowed"] = True
        if chance.random() < 0.6:
            count = chance.choice((1, 2, 3, 12, 40))
            policy["sourceIds"] = [*(f"/meter/{key}-{entry}" for entry in range(count)), f"/{key}/**"]
        if chance.random() < 0.2:
            policy["nodeMetadataPaths"] = [f"/m/site{key}", "/pm/location/**"]
        return policy


def _nodes_of(owner: int) -> range:
    first = _FIRST_NODE + owner * _NODES_EACH
    return range(first, first + _NODES_EACH)


def _place(node: int) -> str:
    return f"{_PLACES[node % len(_PLACES)]} {node % 1_000}"
