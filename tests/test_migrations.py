"""Migrations that move data."""

from datetime import UTC, datetime

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tokens.models import NEVER_USED

USED = datetime(2026, 11, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def migrate(name: str) -> Apps:
    """Migrate the tokens' tables to a migration; return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate([("tokens", name)])
    graph = executor.loader.graph
    others = [node for node in graph.leaf_nodes() if node[0] != "tokens"]
    return executor.loader.project_state([*others, ("tokens", name)]).apps


@pytest.fixture
def _latest_again():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_latest_again")
def test_the_last_use_is_kept_in_its_own_table_and_comes_back():
    before = migrate("0003_audit_filters")
    owner = before.get_model("accounts", "User").objects.create(email="owner@example.org")
    tokens = before.get_model("tokens", "SecurityToken").objects
    used = {"last_used_at": USED, "last_used_address": "192.0.2.7", "last_used_client": "meter/1"}
    tokens.create(token_id="used", owner=owner, type="User", **used)
    tokens.create(token_id="unused", owner=owner, type="User")

    after = migrate("0004_last_use")
    uses = list(after.get_model("tokens", "LastUse").objects.values_list("token__token_id", "at", "address", "client"))
    assert uses == [("used", USED, "192.0.2.7", "meter/1")]

    back = migrate("0003_audit_filters").get_model("tokens", "SecurityToken").objects
    assert back.filter(token_id="used", **used).exists()
    assert back.filter(token_id="unused", last_used_at=None, last_used_address="").exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_latest_again")
def test_every_token_gets_its_row_in_the_order_of_use():
    before = migrate("0009_mails")
    owner = before.get_model("accounts", "User").objects.create(email="owner@example.org")
    tokens, uses = before.get_model("tokens", "SecurityToken").objects, before.get_model("tokens", "LastUse").objects
    uses.create(token=tokens.create(token_id="used", owner=owner, type="User"), at=USED, address="192.0.2.7", client="meter/1")
    tokens.create(token_id="unused", owner=owner, type="ReadNodeData")

    after = migrate("0010_orders").get_model("tokens", "LastUse").objects.order_by("at")
    assert list(after.values_list("token__token_id", "owner__email", "type", "at", "client")) == [
        ("unused", "owner@example.org", "ReadNodeData", NEVER_USED, ""),
        ("used", "owner@example.org", "User", USED, "meter/1"),
    ]

    back = migrate("0009_mails").get_model("tokens", "LastUse").objects
    assert list(back.values_list("token__token_id", "at")) == [("used", USED)]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_latest_again")
def test_last_uses_are_the_same_as_numbers_and_as_text():
    instants = [NEVER_USED, USED, USED.replace(microsecond=0), USED.replace(second=59, microsecond=999_999)]
    before = migrate("0016_search")
    owner = before.get_model("accounts", "User").objects.create(email="owner@example.org")
    tokens, uses = before.get_model("tokens", "SecurityToken").objects, before.get_model("tokens", "LastUse").objects
    for place, at in enumerate(instants):
        uses.create(token=tokens.create(token_id=str(place), owner=owner, type="User"), owner=owner, type="User", at=at)

    after = migrate("0017_last_use_as_numbers").get_model("tokens", "LastUse").objects.order_by("token__token_id")
    assert list(after.values_list("at", flat=True)) == instants

    back = migrate("0016_search").get_model("tokens", "LastUse").objects.order_by("token__token_id")
    assert list(back.values_list("at", flat=True)) == instants
