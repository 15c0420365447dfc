"""The list page for an account with 10 tokens and for one with 100,000, in a database of 1,000,000.

Run: `make bench`, or `python -m benchmarks.list_page`. SPEC, "Speed": the same number of queries (at most 8), within 1.2
times the same time.
"""

import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ["BENCH_NAME"] = "list_page"

import django

django.setup()

from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from benchmarks.measuring import interleave, table
from tokens.domain.secrets.credentials import make_token_id
from tokens.models import Node, SecurityToken

SIZES = {"10 tokens": 10, "100,000 tokens": 100_000, "889,990 tokens": 889_990}
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
CALLS = 5
BATCH = 20_000


def _fill(label: str, count: int) -> User:
    """Give an account its tokens, half of each type, each with a policy."""
    email = f"{count}@bench.example.org"
    owner = User.objects.filter(email=email).first()
    if owner is not None and SecurityToken.objects.filter(owner=owner).count() == count:
        return owner
    owner = owner or User.objects.create_user(email)
    SecurityToken.objects.filter(owner=owner).delete()
    if not Node.objects.filter(owner=owner).exists():
        Node.objects.create(owner=owner, node_id=1_000_000 + count, name=label)
    start = timezone.now() - timedelta(days=400)
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        SecurityToken.objects.bulk_create(_token(owner, number, start + timedelta(seconds=number)) for number in numbers)
    return owner


def _token(owner: User, number: int, created_at: object) -> SecurityToken:
    policy: dict[str, object] = {"apiPaths": ["/datum/**"]}
    if number % 2:
        policy["sourceIds"] = [f"/meter/{number % 7}", "/inverter/*"]
    kind = "ReadNodeData" if number % 2 else "User"
    return SecurityToken(
        token_id=make_token_id(), owner=owner, type=kind, name=f"Token {number}", policy=policy, created_at=created_at
    )


def main() -> None:
    """Fill the database, count the queries, and time the page."""
    call_command("migrate", verbosity=0)
    clients: dict[str, Client] = {}
    queries: dict[str, int] = {}
    for label, count in SIZES.items():
        owner = _fill(label, count)
        clients[label] = Client()
        clients[label].force_login(owner)
        with CaptureQueriesContext(connection) as captured:
            response = clients[label].get("/tokens/")
        if response.status_code != 200:
            raise AssertionError(response.status_code)
        queries[label] = len(captured)
    if connection.vendor == "sqlite":
        connection.cursor().execute("ANALYZE")
    print(f"{SecurityToken.objects.count():,} tokens, {connection.vendor}, {ROUNDS} rounds of {CALLS} calls each")
    print(f"SQL queries: {json.dumps(queries)}\n")
    medians = interleave(
        {label: lambda c=client: c.get("/tokens/") for label, client in clients.items()}, rounds=ROUNDS, calls=CALLS
    )
    print(table("GET /tokens/, signed in, through all middleware", medians, base="10 tokens"))


if __name__ == "__main__":
    main()
