"""Where a token's use, its reach and its past are looked at: with and without JavaScript."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import issue, note_use
from tests.factories import token as make_token
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.models import Caller, SecurityToken, UseDay, UseScope
from tokens.services import audit
from tokens.services.audit import Action, Actor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def used(alice) -> SecurityToken:
    """A token that was called for ten days, and refused once."""
    issued = issue(alice, name="Roof", policy=Policy(api_paths=("/datum/**",)))
    token, now = issued.token, timezone.now()
    for days in range(10):
        day = now.date() - timedelta(days=days)
        UseDay.objects.create(token=token, day=day, secret_key=issued.secret.pk, allowed=40, refused=days % 2)
        UseScope.objects.create(
            token=token,
            day=day,
            scope_key="list",
            method="GET",
            path="/datum/list",
            nodes="[101]",
            sources=json.dumps(["/pv/1"]),
            aggregation="Hour",
            allowed=40,
        )
    Caller.objects.create(token=token, address="192.0.2.7", client="meter/1", first_at=now, last_at=now, calls=400)
    detail = {
        "rule": "apiPaths",
        "value": "/nodes",
        "entry": "",
        "message": "The path /nodes is none of them.",
        "method": "GET",
        "path": "/x",
    }
    audit.record(Action.REFUSED, token=token, actor=Actor(label=f"token {token.token_id}"), at=now, **detail)
    return token


class TestUse:
    def test_is_a_chart_and_the_same_figures_in_a_table(self, page_of_alice, used):
        page = page_of_alice
        page.goto(f"/tokens/{used.token_id}/")
        expect(page.get_by_role("img", name="Requests a day")).to_be_visible()
        expect(page.get_by_text("400 requests allowed, 5 refused")).to_be_visible()
        page.get_by_text("The figures").click()
        expect(page.get_by_role("row", name=re.compile("datum.list.*400"))).to_be_visible()

    def test_says_who_called(self, page_of_alice, used):
        page_of_alice.goto(f"/tokens/{used.token_id}/")
        expect(page_of_alice.get_by_role("row", name=re.compile(r"192\.0\.2\.7.*meter.1"))).to_be_visible()

    def test_is_a_small_line_in_the_list(self, page_of_alice, used):
        note_use(used, at=timezone.now())
        page_of_alice.goto("/tokens/")
        expect(page_of_alice.get_by_role("img", name="Use in the last 30 days")).to_be_visible()

    def test_a_refusal_leads_to_the_field_that_would_allow_it(self, page_of_alice, used):
        page = page_of_alice
        page.goto(f"/tokens/{used.token_id}/")
        page.get_by_role("link", name="Allow /nodes too?").first.click()
        expect(page.get_by_label("API Paths", exact=True)).to_be_in_viewport()


class TestReach:
    def test_a_node_says_which_tokens_reach_it_and_how_far(self, page_of_alice, alice):
        make_token(alice, name="Roof", policy=Policy(node_ids=(101,), min_aggregation=Aggregation.HOUR, source_ids=("/pv/1",)))
        make_token(alice, name="Barn", policy=Policy(node_ids=(102,)))
        page = page_of_alice
        page.goto("/tokens/")
        page.get_by_role("link", name="Nodes").first.click()
        page.get_by_role("link", name="101").click()
        expect(page.get_by_role("row", name=re.compile("Roof.*hourly or coarser data, 1 source"))).to_be_visible()
        expect(page.get_by_role("link", name="Barn")).to_have_count(0)


class TestActivity:
    def test_is_found_by_token_and_downloaded(self, page_of_alice, alice):
        make_token(alice, name="Roof")
        make_token(alice, name="Barn")
        page = page_of_alice
        page.goto("/activity/")
        page.get_by_label("Security token or its name").fill("Roof")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("listitem").filter(has_text="Created").filter(has_text="Roof")).to_be_visible()
        expect(page.get_by_role("link", name="Barn")).to_have_count(0)
        with page.expect_download() as started:
            page.get_by_role("link", name="CSV").click()
        text = started.value.path().read_text(encoding="utf-8-sig")
        assert "Roof" in text
        assert "Barn" not in text

    def test_of_a_deleted_token_stays(self, page_of_alice, alice):
        token = make_token(alice, name="Roof")
        page = page_of_alice
        page.goto(f"/tokens/{token.token_id}/delete/")
        if page.get_by_label("To delete it").count():
            page.get_by_label("To delete it").fill("Roof")
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("heading", level=1, name="Security Tokens")).to_be_visible()
        page.goto("/activity/")
        expect(page.get_by_role("listitem").filter(has_text="Deleted").filter(has_text="Roof").first).to_be_visible()


class TestDownloads:
    @pytest.mark.parametrize("kind", ["CSV", "JSON"])
    def test_hold_what_the_list_shows(self, page_of_alice, alice, kind):
        make_token(alice, name="Roof")
        make_token(alice, name="Barn")
        page = page_of_alice
        page.goto("/tokens/?q=roof")
        with page.expect_download() as started:
            page.get_by_role("link", name=kind).first.click()
        text = started.value.path().read_text(encoding="utf-8-sig")
        assert "Roof" in text
        assert "Barn" not in text
        assert "snts_" not in text


class TestALinkThatFillsTheForm:
    def test_says_so_and_sends_nothing(self, page_of_alice, alice):
        page = page_of_alice
        page.goto("/tokens/new/data/?name=From+a+link&node_ids=101")
        expect(page.get_by_text("This form was filled in by a link.")).to_be_visible()
        expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("From a link")
        assert not SecurityToken.objects.exists()


class TestNarrowing:
    def test_what_a_token_used_becomes_its_policy(self, page_of_alice, used):
        page = page_of_alice
        page.goto(f"/tokens/{used.token_id}/")
        page.get_by_role("link", name="Narrow it to what it used").click()
        expect(page.get_by_text("No new access:")).to_be_visible()
        page.get_by_role("button", name="Save the proposal").click()
        expect(page.get_by_role("heading", level=1, name="Roof")).to_be_visible()
        used.refresh_from_db()
        assert used.read_policy() == Policy(
            api_paths=("/datum/list",), node_ids=(101,), source_ids=("/pv/1",), min_aggregation=Aggregation.HOUR
        )


class TestReview:
    def test_an_unrestricted_token_is_disabled_right_there(self, page_of_alice, alice):
        token = make_token(alice, name="Roof")
        page = page_of_alice
        page.goto("/tokens/")
        page.get_by_role("link", name="Review your tokens").click()
        page.get_by_role("region", name="Unrestricted").get_by_role("button", name="Disable Roof").first.click()
        expect(page.get_by_text("Disabled").first).to_be_visible()
        token.refresh_from_db()
        assert token.status == "Disabled"


class TestRehearsal:
    def test_an_edit_that_would_refuse_calls_says_so_before_it_is_saved(self, page_of_alice, used):
        page = page_of_alice
        page.goto(f"/tokens/{used.token_id}/edit/")
        if page.get_by_role("tab", name="API Paths").count():
            page.get_by_role("tab", name="API Paths").click()
        page.get_by_label("API Paths", exact=True).fill("/nodes")
        page.get_by_role("button", name="Save").click()
        expect(
            page.get_by_text("With this policy 400 of the last 30 days' 400 calls would have been refused:").first
        ).to_be_visible()
        used.refresh_from_db()
        assert used.read_policy() == Policy(api_paths=("/datum/**",))
