"""The list as a file."""

import csv
import io
import json
from datetime import timedelta

import pytest

from tests.factories import issue, note_use
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType


def content(client, kind, query=""):
    response = client.get(f"/tokens/export.{kind}{query}")
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def table(client, query=""):
    return list(csv.DictReader(io.StringIO(content(client, "csv", query))))


class TestCsv:
    def test_has_a_row_for_each_token_with_all_that_the_pages_say(self, alice_client, alice, noon):
        token = make_token(alice, name="Roof", description="For Ann", policy=Policy(node_ids=(101,)))
        note_use(token, at=noon - timedelta(hours=1), address="192.0.2.7", client="meter/1")
        (row,) = table(alice_client)
        assert row["Token ID"] == token.token_id
        assert json.loads(row["Policy"]) == {"nodeIds": [101]}
        assert (row["Last used from"], row["Last used by"]) == ("192.0.2.7", "meter/1")
        assert row["Status"] == "Active"

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", " =1"])
    def test_a_formula_is_harmless(self, alice_client, alice, name):
        make_token(alice, name="x", description=name)
        assert table(alice_client)[0]["Description"].startswith("'")


class TestJson:
    def test_is_the_api_s_objects_with_their_last_use(self, alice_client, alice):
        token = make_token(alice, name="Wärme")
        (found,) = json.loads(content(alice_client, "json"))
        assert found["id"] == token.token_id
        assert found["name"] == "Wärme"
        assert found["lastUse"] is None

    def test_of_no_token_is_an_empty_list(self, alice_client):
        assert json.loads(content(alice_client, "json")) == []


@pytest.mark.parametrize("kind", ["csv", "json"])
class TestBoth:
    def test_hold_no_secret(self, alice_client, alice, kind):
        issued = issue(alice)
        assert issued.value not in content(alice_client, kind)

    def test_hold_what_the_filters_leave(self, alice_client, alice, kind):
        make_token(alice, name="Roof")
        make_token(alice, name="Barn", type=TokenType.USER)
        assert "Barn" not in content(alice_client, kind, "?q=roof")

    def test_hold_nothing_of_another_account(self, bob_client, alice, kind):
        make_token(alice, name="Roof")
        assert "Roof" not in content(bob_client, kind)

    def test_take_four_queries_for_any_number(self, alice_client, alice, kind, django_assert_num_queries):
        for _ in range(30):
            make_token(alice)
        with django_assert_num_queries(4):
            content(alice_client, kind)

    def test_ask_a_visitor_to_sign_in(self, client, kind, db):
        assert client.get(f"/tokens/export.{kind}").status_code == 302
