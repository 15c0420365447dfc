"""The pages of accounts with 10, 1,000 and 100,000 tokens, and the administration, in a database of 1,000,000 (SPEC, "Speed").

Run: `make bench`, or `python -m benchmarks.pages`. `manage.py seed_load` makes the rows, no two alike. Rows that the process has
rendered before are remembered; "fresh" is a page of which none is.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from urllib.parse import urlencode

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ["BENCH_NAME"] = "pages"

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.load import full_policy
from benchmarks.measuring import interleave, table
from tokens.management.load import DOMAIN, NAMED
from tokens.models import Node, SecurityToken
from tokens.presentation.rows import render_row

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
CALLS = 2
TOKENS = int(os.environ.get("BENCH_TOKENS", "1000000"))
BASE = "thousand: first page, fresh rows"
MANY_NODES = 2_000
# What an owner asks the list for, by what it is called here.
_VIEWS = {
    "a search": "q=roof",
    "a search that only sources have": "q=meter",
    "a search that finds nothing": "q=nothing-has-this",
    "active": "status=active",
    "disabled": "status=disabled",
    "expired": "status=expired",
    "unused": "unused=90",
    "unrestricted": "unrestricted=1",
    "what reaches a source": "source=/meter/1",
    "by name": "sort=name",
    "by description": "sort=description",
    "by restrictions": "sort=-policy",
    "by expiry": "sort=expires",
    "by last use": "sort=-used",
    "unused longest": "sort=used",
}
Call = Callable[[], object]


def _client(email: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email))
    return client


def _get(client: Client, path: str, *, is_fresh: bool = False) -> Call:
    def call() -> object:
        if is_fresh:
            render_row.cache_clear()
        response = client.get(path)
        if response.status_code != 200:
            raise AssertionError((path, response.status_code))
        return response

    return call


def _links(client: Client, path: str, place: str) -> str:
    """Return the address, in the same view, of the pages that follow both sections of a page (`after`), or come before them."""
    link = rf"((?:user|data)_page=\d+&amp;(?:user|data)_{place}=[0-9.]+)"
    places = [link.replace("&amp;", "&") for link in re.findall(link, client.get(path).content.decode())]
    view = [part for part in path.partition("?")[2].split("&") if "_page=" not in part]
    return f"/tokens/?{'&'.join(view + places)}"


def _list_pages() -> dict[str, Call]:
    calls: dict[str, Call] = {}
    for name, size in NAMED.items():
        client = _client(f"{name}{DOMAIN}")
        middle = size // 4 // 25 + 1
        calls[f"{name}: first page, fresh rows"] = _get(client, "/tokens/", is_fresh=True)
        calls[f"{name}: first page, remembered rows"] = _get(client, "/tokens/")
        if size > 100:
            by_number = f"/tokens/?user_page={middle}&data_page={middle}"
            by_links = _links(client, by_number, "after")
            calls[f"{name}: page {middle + 1} by its links, fresh rows"] = _get(client, by_links, is_fresh=True)
            calls[f"{name}: page {middle} by its number, fresh rows"] = _get(client, by_number, is_fresh=True)
            last = "/tokens/?user_page=1000000&data_page=1000000"
            one_before = _links(client, last, "before")
            last_by_links = _links(client, one_before, "after")
            calls[f"{name}: last page by its links, fresh rows"] = _get(client, last_by_links, is_fresh=True)
            calls[f"{name}: a number behind the last page, fresh rows"] = _get(client, last, is_fresh=True)
            for label, query in _VIEWS.items():
                if query.startswith("sort="):
                    deep = _links(client, f"/tokens/?{query}&user_page={middle}&data_page={middle}", "after")
                    calls[f"{name}: {label}, page {middle + 1} by its links, fresh rows"] = _get(client, deep, is_fresh=True)
        calls |= {
            f"{name}: {label}, fresh rows": _get(client, f"/tokens/?{query}", is_fresh=True) for label, query in _VIEWS.items()
        }
    return calls


def _other_pages() -> dict[str, Call]:
    client = _client(f"thousand{DOMAIN}")
    owner = User.objects.get(email=f"thousand{DOMAIN}")
    newest = SecurityToken.objects.owned_by(owner).first()
    if newest is None:
        raise AssertionError("There are no tokens.")
    gardener = User.objects.filter(email=f"nodes{DOMAIN}").first() or User.objects.create_user(f"nodes{DOMAIN}")
    if not gardener.nodes.exists():
        nodes = (Node(node_id=9_000_000_000 + number, name=f"Node {number}", owner=gardener) for number in range(MANY_NODES))
        Node.objects.bulk_create(nodes)
    many = _client(gardener.email)
    busy = _client(f"hundred-thousand{DOMAIN}")
    page = busy.get("/activity/?page=1000").content.decode()
    deep = re.search(r'<a href="([^"]*)" rel="next"', page)
    if deep is None:
        raise AssertionError("There are too few entries.")
    draft = _draft(list(gardener.nodes.values_list("node_id", flat=True)[:500]))

    def preview() -> object:
        response = many.post(
            "/tokens/new/data/preview/", draft, content_type="application/x-www-form-urlencoded", headers={"hx-request": "true"}
        )
        if response.status_code != 200:
            raise AssertionError(response.status_code)
        return response

    return {
        "a token with 10,000 entries of activity": _get(client, f"/tokens/{newest.token_id}/"),
        "its activity's page 300": _get(client, f"/tokens/{newest.token_id}/?activity_page=300"),
        "an account's 100,000 entries of activity": _get(busy, "/activity/"),
        "its page 1,001 by its link": _get(busy, f"/activity/{deep[1].replace('&amp;', '&')}"),
        "the form with 2,000 nodes": _get(many, "/tokens/new/data/"),
        "the live preview, 500 of 2,000 nodes chosen": preview,
    }


def _draft(nodes: list[int]) -> str:
    """Return a filled form as a browser sends it."""
    policy = full_policy(7)
    lists = {"api_paths": policy.api_paths, "source_ids": policy.source_ids, "node_metadata_paths": policy.node_metadata_paths}
    fields = {
        "name": "Roof",
        "min_aggregation": "Hour",
        "node_ids": nodes,
        **{name: "\n".join(entries or ()) for name, entries in lists.items()},
    }
    return urlencode(fields, doseq=True)


def _administration() -> dict[str, Call]:
    admin = User.objects.filter(email=f"admin{DOMAIN}").first() or User.objects.create_superuser(f"admin{DOMAIN}", None)
    client = _client(admin.email)
    token = SecurityToken.objects.order_by("pk")[TOKENS // 2]
    tokens, audit, users = ("/admin/tokens/securitytoken/", "/admin/tokens/auditevent/", "/admin/accounts/user/")
    addresses = {
        "tokens": tokens,
        "tokens, last page that is listed": f"{tokens}?p=20",
        "tokens, an identifier": f"{tokens}?q={token.token_id}",
        "tokens, a name": f"{tokens}?q={token.name or 'Roof monitor 500'}",
        "tokens, no such name": f"{tokens}?q=nothing-is-called-this",
        "tokens, an owner": f"{tokens}?q={token.owner.email}",
        "tokens, disabled": f"{tokens}?status__exact=Disabled",
        "tokens, Data": f"{tokens}?type__exact=ReadNodeData",
        "tokens, expired": f"{tokens}?expiry=expired",
        "tokens, will expire": f"{tokens}?expiry=expires",
        "tokens, never expires": f"{tokens}?expiry=never",
        "audit trail": audit,
        "audit trail, one action": f"{audit}?action=token.created",
        "audit trail, one token": f"{audit}?token={token.token_id}",
        "accounts": users,
        "accounts, an address": f"{users}?q={token.owner.email}",
    }
    return {f"admin: {name}": _get(client, address) for name, address in addresses.items()}


def _cold_and_warm(path: str, email: str) -> tuple[float, float]:
    """Return the milliseconds of a process's first request, its imports done, and of one that has warmed up."""
    # What gunicorn loads before it forks, and what it asks the database after that.
    import solarnet_portal.wsgi  # noqa: F401
    from solarnet_portal.gunicorn import post_worker_init

    post_worker_init(None)
    client = _client(email)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - start) * 1e3)
        render_row.cache_clear()
    return times[0], sorted(times[5:])[len(times[5:]) // 2]


def main() -> None:
    """Fill the database once, count the queries, and time the pages."""
    if "--cold" in sys.argv:
        print("first request of a process {:.1f} ms, later ones {:.1f} ms".format(*_cold_and_warm("/tokens/", sys.argv[-1])))
        return
    call_command("migrate", verbosity=0)
    if not SecurityToken.objects.exists():
        call_command("seed_load", tokens=TOKENS)
    calls = {**_list_pages(), **_other_pages(), **_administration()}
    queries = {}
    for name, call in calls.items():
        with CaptureQueriesContext(connection) as captured:
            call()
        queries[name] = len(captured)
    print(f"\n{SecurityToken.objects.count():,} tokens, {connection.vendor}, {ROUNDS} rounds of {CALLS} calls each")
    medians = interleave(calls, rounds=ROUNDS, calls=CALLS)
    named = {f"{name} ({queries[name]} queries)": median / 1e3 for name, median in medians.items()}
    base = next(name for name in named if name.startswith(BASE))
    print(table("Signed in, through all middleware", named, base=base, unit="ms"))
    for name in NAMED:
        command = [sys.executable, "-m", "benchmarks.pages", "--cold", f"{name}{DOMAIN}"]
        print(f"{name}: {subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}")


if __name__ == "__main__":
    main()
