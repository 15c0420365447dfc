"""The list as a place to work, and what surrounds it: with and without JavaScript."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.rows import row
from tests.factories import issue, note_use
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.models import LeakReport, SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class TestSearch:
    def test_finds_and_keeps_the_view_in_the_address(self, page_of_alice, alice):
        make_token(alice, name="Roof")
        make_token(alice, name="Barn")
        page = page_of_alice
        page.goto("/tokens/")
        page.get_by_role("searchbox").fill("roo")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("#list-summary")).to_contain_text("No user tokens and 1 data token match.")
        expect(row(page, "Roof")).to_be_visible()
        expect(page.get_by_role("rowheader", name="Barn")).to_have_count(0)
        expect(page).to_have_url(re.compile(r"/tokens/\?q=roo$"))

    def test_back_leads_to_what_was_shown_before(self, page_of_alice, alice):
        make_token(alice, name="Roof")
        make_token(alice, name="Barn", disabled=True)
        page = page_of_alice
        page.goto("/tokens/")
        page.get_by_role("link", name="Disabled 1").click()
        expect(page.get_by_role("rowheader", name="Roof")).to_have_count(0)
        page.go_back()
        expect(row(page, "Roof")).to_be_visible()

    def test_nothing_found_is_told_with_what_to_take_away(self, page_of_alice, alice):
        make_token(alice, name="Roof")
        page = page_of_alice
        page.goto("/tokens/?q=nowhere&sort=name")
        page.get_by_role("region", name="Data Tokens").get_by_role("link", name="Search: nowhere").click()
        expect(row(page, "Roof")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/tokens/\?sort=name$"))

    def test_a_heading_sorts(self, page_of_alice, alice):
        for name in ("Roof", "Barn"):
            make_token(alice, name=name)
        page = page_of_alice
        page.goto("/tokens/")
        page.get_by_role("columnheader", name="Security Token").get_by_role("link").click()
        expect(page.get_by_role("columnheader", name="Security Token")).to_have_attribute("aria-sort", "ascending")
        expect(page.get_by_role("rowheader").first).to_contain_text("Barn")


class TestSeveral:
    def test_are_disabled_after_asking(self, page_of_alice, alice):
        for name in ("Roof", "Barn", "Shed"):
            make_token(alice, name=name)
        page = page_of_alice
        page.goto("/tokens/")
        expect(page.get_by_role("group", name="With the chosen tokens")).to_be_hidden()
        for name in ("Roof", "Barn"):
            page.get_by_role("checkbox", name=f"Choose {name}").check()
        page.get_by_role("group", name="With the chosen tokens").get_by_role("button", name="Disable").click()
        expect(page.get_by_role("heading", level=1, name="Disable 2 tokens?")).to_be_visible()
        page.get_by_role("button", name="Disable these 2 tokens").click()
        expect(page.locator("#messages")).to_contain_text("2 tokens disabled.")
        assert SecurityToken.objects.filter(status="Disabled").count() == 2

    def test_all_of_a_page_are_chosen_at_once(self, signed_in, alice):
        for name in ("Roof", "Barn"):
            make_token(alice, name=name)
        signed_in.goto("/tokens/")
        signed_in.get_by_role("checkbox", name="Choose all data tokens on this page").check()
        expect(signed_in.get_by_role("checkbox", name="Choose Roof")).to_be_checked()
        signed_in.get_by_role("button", name="Delete", exact=True).click()
        signed_in.get_by_label("To delete them").fill("2")
        signed_in.get_by_role("button", name="Delete these 2 tokens for good").click()
        expect(signed_in.locator("#messages")).to_contain_text("2 tokens deleted.")
        assert not SecurityToken.objects.exists()


class TestStarting:
    def test_one_like_another(self, page_of_alice, alice):
        make_token(alice, name="Roof", policy=Policy(node_ids=(102,)))
        page = page_of_alice
        page.goto("/tokens/")
        page.get_by_label("Actions for Roof", exact=True).click()
        page.get_by_role("link", name="Create one like Roof").click()
        expect(page.get_by_text("Filled in like “Roof”.")).to_be_visible()
        page.get_by_role("button", name="Generate Security Token").click()
        expect(page.get_by_text(re.compile("^snts_"))).to_be_visible()
        assert SecurityToken.objects.filter(name="Roof", policy={"nodeIds": [102]}).count() == 2

    def test_a_starting_point(self, page_of_alice):
        page = page_of_alice
        page.goto("/tokens/new/data/")
        page.get_by_role("link", name="Customer dashboard").click()
        expect(page.get_by_text("Starting point: Customer dashboard.")).to_be_visible()
        page.get_by_role("button", name="Generate Security Token").click()
        expect(page.get_by_text(re.compile("^snts_"))).to_be_visible()
        assert set(SecurityToken.objects.get().policy) == {"apiPaths", "notAfter", "minAggregation", "nodeIds"}


class TestCare:
    def test_a_token_is_extended_in_two_clicks(self, page_of_alice, alice):
        ends = (timezone.now() + timedelta(days=3)).date()
        token = make_token(alice, name="Roof", policy=Policy(not_after=last_instant_of(ends)))
        page = page_of_alice
        page.goto(f"/tokens/{token.token_id}/")
        page.get_by_role("link", name="Extend", exact=True).click()
        page.get_by_role("button", name="Extend").click()
        expect(page.get_by_text("“Roof” now works until")).to_be_visible()
        token.refresh_from_db()
        assert token.read_policy().expires_at().date() == ends + timedelta(days=90)

    def test_a_leak_is_stopped_and_the_new_private_password_shown(self, page_of_alice, alice):
        token = make_token(alice, name="Roof")
        page = page_of_alice
        page.goto(f"/tokens/{token.token_id}/")
        page.get_by_role("link", name="It leaked").click()
        page.get_by_role("button", name="Rotate, the old ones stop now").click()
        expect(page.get_by_text(re.compile("^snts_"))).to_be_visible()

    def test_a_password_that_was_found_is_recognised(self, page_of_alice, alice):
        issued = issue(alice, name="Roof")
        page = page_of_alice
        page.goto("/tokens/find/")
        page.get_by_label("Private password").fill(issued.value)
        page.get_by_role("button", name="Find the token").click()
        expect(page.get_by_role("main")).to_contain_text(f"It is a private password of Roof ({issued.token.token_id}).")
        assert issued.value not in page.content()

    def test_anyone_reports_a_leak(self, page, db):
        page.goto("/report/")
        page.get_by_label("What you found").fill("x" * 20)
        page.get_by_role("button", name="Report it").click()
        expect(page.get_by_text("Thank you.")).to_be_visible()
        assert not LeakReport.objects.exists()

    def test_mails_are_switched_off(self, page_of_alice):
        page = page_of_alice
        page.goto("/accounts/notices/")
        page.get_by_role("checkbox", name="A token was created").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("checkbox", name="A token was created")).not_to_be_checked()
        expect(page.get_by_role("checkbox", name="A token was deleted")).to_be_checked()

    def test_an_edit_that_gives_nothing_new_is_proven_while_it_is_typed(self, signed_in, alice):
        token = make_token(alice, policy=Policy(source_ids=("/pv/**",)))
        signed_in.goto(f"/tokens/{token.token_id}/edit/#panel-node-source-ids")
        signed_in.get_by_role("tab", name="Node/Source IDs").click()
        signed_in.get_by_label("Source IDs", exact=True).fill("/pv/1")
        expect(signed_in.get_by_text("No new access:")).to_be_visible()
        signed_in.get_by_label("Source IDs", exact=True).fill("/pv/1\n/meter/1")
        expect(signed_in.get_by_text("New:", exact=True)).to_be_visible()


class TestTheReadersOwnTime:
    @pytest.fixture
    def in_auckland(self, browser, live_server, sign_in, alice):
        context = browser.new_context(timezone_id="Pacific/Auckland", base_url=live_server.url)
        context.set_default_timeout(5_000)
        sign_in(context, alice)
        yield context.new_page()
        context.close()

    def test_is_beside_utc(self, in_auckland, alice):
        used_at = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
        made = make_token(alice, name="Roof")
        note_use(made, at=used_at)
        in_auckland.goto("/tokens/")
        expect(row(in_auckland, "Roof").get_by_text("1 Jul 2026 18:30 UTC")).to_be_visible()
        expect(row(in_auckland, "Roof").get_by_title("2 Jul 2026, 06:30 in your time zone")).to_be_visible()

    def test_is_told_in_the_foot(self, in_auckland):
        in_auckland.goto("/tokens/")
        expect(in_auckland.get_by_role("contentinfo")).to_contain_text(re.compile(r"Times are UTC, yours is UTC\+1[23]:00\."))
