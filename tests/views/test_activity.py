"""The account's audit trail: a page with filters, and files."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from itertools import chain

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import PASSWORD, issue
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy
from tokens.models import AuditEvent
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle import changes

ACTIVITY = "/activity/"


def page(client, query=""):
    response = client.get(ACTIVITY + query)
    assert response.status_code == 200
    return response.content.decode()


def count(html):
    return html.count('class="activity__entry"')


def content(client, kind, query=""):
    return b"".join(client.get(f"/activity.{kind}{query}").streaming_content).decode()


class TestPage:
    def test_shows_what_happened_to_each_token(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        html = page(alice_client)
        assert f'href="/tokens/{token.token_id}/">Roof</a>' in html
        assert "Reads all data" in html

    def test_a_deleted_token_keeps_its_entries(self, alice_client, alice):
        token = make_token(alice, name="Roof", policy=Policy(node_ids=(101,)))
        changes.delete_token(token, actor=Actor(label="x"), now=timezone.now())
        html = page(alice_client, f"?token={token.token_id}")
        assert count(html) == 2
        assert f'href="/tokens/{token.token_id}/"' not in html
        assert "deleted</span>" in html

    def test_a_refusal_of_a_deleted_token_leads_nowhere(self, alice_client, alice):
        token = make_token(alice)
        audit.record(Action.REFUSED, token=token, actor=Actor(label="x"), at=timezone.now(), rule="apiPaths", value="/a")
        token.delete()
        assert "/edit/" not in page(alice_client)

    def test_another_account_s_is_not_in_it(self, bob_client, alice):
        make_token(alice, name="Roof")
        assert "Nothing happened yet." in page(bob_client)

    def test_a_visitor_is_asked_to_sign_in(self, client, db):
        assert client.get(ACTIVITY).status_code == 302

    @pytest.mark.parametrize("number", [10, 300])
    def test_takes_four_queries(self, alice_client, alice, number, django_assert_num_queries):
        token = make_token(alice)
        for _ in range(number):
            audit.record(Action.SHOWN, token=token, actor=Actor(label="x"), at=timezone.now())
        with django_assert_num_queries(4):
            html = page(alice_client)
        assert count(html) == min(number + 1, 50)


class TestPages:
    @pytest.fixture(autouse=True)
    def _entries(self, alice, noon):
        # Three of each instant.
        for number in range(120):
            token = Actor(label=f"program {number:03}")
            audit.record(Action.SIGNED_IN, owner=alice, actor=token, at=noon - timedelta(seconds=number // 3))

    def walk(self, client, query, rel):
        """Follow the links from a page; return who is named on each."""
        seen = []
        while query is not None:
            html = page(client, query)
            seen.append(re.findall(r"program \d+", html))
            link = re.search(rf'<a href="([^"]*)" rel="{rel}"', html)
            query = unescape(link[1]) if link else None
        return seen

    @pytest.mark.parametrize("query", ["?", "?who=program&"])
    def test_the_links_lead_over_each_entry_once_and_back(self, alice_client, query):
        there = self.walk(alice_client, query, "next")
        assert list(map(len, there)) == [50, 50, 20]
        assert sorted(chain.from_iterable(there)) == [f"program {number:03}" for number in range(120)]
        assert self.walk(alice_client, f"{query}page=3", "prev") == there[::-1]

    def test_a_number_alone_is_the_same_page(self, alice_client):
        there = self.walk(alice_client, "", "next")
        assert [re.findall(r"program \d+", page(alice_client, f"?page={number}")) for number in (1, 2, 3)] == there

    def test_a_link_does_not_count(self, alice_client):
        link = re.search(r'<a href="([^"]*)" rel="next"', page(alice_client))[1]
        with CaptureQueriesContext(connection) as captured:
            page(alice_client, unescape(link))
        assert not [query for query in captured if "OFFSET" in query["sql"] or "COUNT(" in query["sql"]]


class TestFilters:
    @pytest.fixture(autouse=True)
    def _entries(self, alice, noon):
        self.roof = make_token(alice, name="Roof", now=noon - timedelta(days=9))
        make_token(alice, name="Barn", now=noon)
        holder = Actor(label="token abc")
        audit.record(Action.REFUSED, token=self.roof, actor=holder, at=noon - timedelta(days=5), rule="apiPaths")

    def test_by_token(self, alice_client):
        assert count(page(alice_client, f"?token={self.roof.token_id}")) == 2

    def test_by_a_token_s_name(self, alice_client):
        assert count(page(alice_client, "?token=roo")) == 2

    def test_by_the_name_of_a_deleted_token(self, alice_client):
        changes.delete_token(self.roof, actor=Actor(label="x"), now=timezone.now())
        assert count(page(alice_client, "?token=roo")) == 3

    def test_by_the_name_of_another_account_s_token_finds_nothing(self, alice_client, bob):
        make_token(bob, name="Attic")
        assert count(page(alice_client, "?token=attic")) == 0

    def test_by_what(self, alice_client):
        assert count(page(alice_client, "?action=request.refused")) == 1

    def test_by_who(self, alice_client):
        assert count(page(alice_client, "?who=ALICE@")) == 2

    def test_by_days_that_both_count(self, alice_client, noon):
        day = (noon - timedelta(days=5)).date()
        assert count(page(alice_client, f"?since={day}&until={day}")) == 1
        assert count(page(alice_client, f"?since={day}")) == 2
        assert count(page(alice_client, f"?until={day}")) == 2

    def test_a_value_that_cannot_be_read_is_told_and_filters_nothing(self, alice_client):
        html = page(alice_client, "?since=yesterday&action=explode")
        assert count(html) == 3
        assert "Enter a valid date." in html

    def test_nothing_found_is_told(self, alice_client):
        assert "Nothing matches." in page(alice_client, "?who=nobody")

    def test_pages_keep_the_filters(self, alice_client, noon):
        for _ in range(60):
            audit.record(Action.SHOWN, token=self.roof, actor=Actor(label="x"), at=noon)
        assert 'href="?action=token.shown&amp;page=2&amp;after=' in page(alice_client, "?action=token.shown")

    def test_an_address_with_empty_parts_is_tidied(self, alice_client):
        assert alice_client.get("/activity/?who=&action=token.shown")["Location"] == "/activity/?action=token.shown"


class TestFiles:
    def test_csv_has_a_row_for_each_entry(self, alice_client, alice):
        make_token(alice, name="Roof")
        (row,) = csv.DictReader(io.StringIO(content(alice_client, "csv")))
        assert row["What"] == "Created"
        assert row["Who"] == "alice@example.org"

    def test_json_has_what_is_kept(self, alice_client, alice):
        make_token(alice, name="Roof")
        (entry,) = json.loads(content(alice_client, "json"))
        assert entry["action"] == "token.created"
        assert entry["detail"]["name"] == "Roof"

    @pytest.mark.parametrize("kind", ["csv", "json"])
    def test_a_private_password_that_was_sent_by_mistake_is_not_in_them(self, alice_client, alice, kind):
        issued = issue(alice)
        detail = {"rule": "sourceIds", "value": issued.value, "message": f"“{issued.value}” is none."}
        audit.record(Action.REFUSED, token=issued.token, actor=Actor(label="x"), at=timezone.now(), **detail)
        assert issued.value not in content(alice_client, kind)

    @pytest.mark.parametrize("kind", ["csv", "json"])
    def test_hold_what_the_filters_leave(self, alice_client, alice, kind):
        make_token(alice, name="Roof")
        assert "Roof" not in content(alice_client, kind, "?action=token.deleted")


class TestAccountEntries:
    def actions(self):
        return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))

    def sign_in(self, client, password=PASSWORD, login="alice@example.org"):
        return client.post(reverse("account_login"), {"login": login, "password": password})

    def test_signing_in_and_out(self, client, alice):
        self.sign_in(client)
        client.post(reverse("account_logout"))
        assert self.actions() == ["account.signed_in", "account.signed_out"]
        assert AuditEvent.objects.first().address == "127.0.0.1"

    def test_a_failed_sign_in_belongs_to_the_account_and_repeats_are_counted(self, client, alice):
        for _ in range(3):
            self.sign_in(client, "wrong guess")
        event = AuditEvent.objects.get()
        assert (event.action, event.owner, event.count) == ("account.sign_in_failed", alice, 3)
        assert "wrong guess" not in json.dumps(event.detail) + event.actor_label

    def test_a_failed_sign_in_of_nobody_is_not_kept(self, client, alice):
        self.sign_in(client, login="nobody@example.org")
        assert self.actions() == []

    def test_a_changed_password(self, alice_client):
        new = {"oldpassword": PASSWORD, "password1": "another horse 77", "password2": "another horse 77"}
        alice_client.post(reverse("account_change_password"), new)
        assert "account.password_changed" in self.actions()

    def test_a_new_address(self, alice_client, alice):
        from allauth.account.models import EmailAddress

        EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
        alice_client.post(reverse("account_email"), {"action_add": "", "email": "second@example.org"})
        assert "account.email_changed" in self.actions()
        assert len(mail.outbox) == 1
