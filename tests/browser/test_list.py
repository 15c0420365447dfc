import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.rows import action, row
from tests.factories import token as make_token
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class TestList:
    def test_the_two_sections_and_their_empty_states(self, page_of_alice):
        page_of_alice.goto("/tokens/")
        expect(page_of_alice.get_by_role("heading", level=1, name="Security Tokens")).to_be_visible()
        for kind in ("User", "Data"):
            section = page_of_alice.get_by_role("region", name=f"{kind} Tokens")
            expect(section.get_by_role("link", name=f"Create {kind.lower()} token", exact=True)).to_be_visible()
            expect(section).to_contain_text(f"You have no {kind.lower()} tokens yet.")

    def test_the_table_names_its_columns(self, page_of_alice, alice):
        make_token(alice)
        page_of_alice.goto("/tokens/")
        names = [header.inner_text().strip() for header in page_of_alice.get_by_role("columnheader").all()]
        assert names[:6] == ["Security Token", "Description", "Policy", "Created", "Last used", "Status"]

    def test_a_token_is_disabled_and_enabled_again_beside_its_row(self, page_of_alice, alice):
        for name in ("Roof", *(f"Later {n}" for n in range(12))):
            make_token(alice, name=name)
        page_of_alice.goto("/tokens/?data_page=1")
        disable = action(page_of_alice, "Disable Roof")
        expect(disable).to_have_accessible_description("Never")
        disable.click()
        group = page_of_alice.get_by_role("rowgroup").filter(has=row(page_of_alice, "Roof"))
        expect(group).to_contain_text("“Roof” is disabled. Its requests are refused from now on. It was never used.")
        expect(group.get_by_text("“Roof” is disabled.")).to_be_in_viewport()
        expect(row(page_of_alice, "Roof")).to_contain_text("Disabled")
        expect(page_of_alice).to_have_url(re.compile(r"/tokens/\?data_page=1(#token-\w+)?$"))
        group.get_by_role("button", name="Enable again").click()
        expect(row(page_of_alice, "Roof")).to_contain_text("Active")
        expect(group.get_by_text("“Roof” is enabled. It works from now on.")).to_be_in_viewport()

    def test_a_token_is_deleted_after_asking(self, page_of_alice, alice):
        make_token(alice, name="Roof")
        page_of_alice.goto("/tokens/")
        action(page_of_alice, "Delete Roof").click()
        expect(page_of_alice.get_by_role("heading", name="Delete this token?")).to_be_visible()
        page_of_alice.get_by_label("To delete it").fill("Roof")
        page_of_alice.get_by_role("button", name="Delete for good").click()
        expect(page_of_alice.locator("#messages")).to_contain_text("“Roof” is deleted.")
        assert not SecurityToken.objects.exists()

    def test_disabling_instead_of_deleting(self, page_of_alice, alice):
        made = make_token(alice, name="Roof")
        page_of_alice.goto("/tokens/")
        action(page_of_alice, "Delete Roof").click()
        page_of_alice.get_by_role("button", name="Disable instead").click()
        expect(page_of_alice.get_by_text("“Roof” is disabled.")).to_be_visible()
        expect(page_of_alice.get_by_role("button", name="Enable again")).to_be_visible()
        made.refresh_from_db()
        assert made.status == "Disabled"

    def test_paging_through_one_section_leaves_the_other(self, page_of_alice, alice):
        now = timezone.now()
        for token_type in TokenType:
            SecurityToken.objects.bulk_create(
                SecurityToken(
                    owner=alice, type=token_type, token_id=f"{token_type}{n}", name=f"N{n}", created_at=now - timedelta(n)
                )
                for n in range(30)
            )
        page_of_alice.goto("/tokens/")
        user, data = (page_of_alice.get_by_role("region", name=f"{kind} Tokens") for kind in ("User", "Data"))
        data.get_by_role("link", name="Older").click()
        expect(data.get_by_role("rowheader", name="N29")).to_be_visible()
        expect(user.get_by_role("rowheader", name="N0", exact=True)).to_be_visible()
        data.get_by_role("link", name="Newer").click()
        expect(data.get_by_role("rowheader", name="N0", exact=True)).to_be_visible()

    def test_the_account_s_menu_leads_to_security_and_out(self, page_of_alice, alice):
        page_of_alice.goto("/tokens/")
        page_of_alice.get_by_role("button", name=alice.email).click()
        page_of_alice.get_by_role("link", name="Account security").click()
        expect(page_of_alice.get_by_role("heading", level=1, name="Account security")).to_be_visible()
        page_of_alice.get_by_role("button", name=alice.email).click()
        page_of_alice.get_by_role("link", name="Log out").click()
        page_of_alice.get_by_role("button", name="Log out").click()
        expect(page_of_alice).to_have_url(re.compile("/accounts/login/"))


class TestWithJavaScript:
    def test_disabling_leaves_the_page_where_it_is_and_reads_the_message(self, signed_in, alice):
        for name in ("Roof", *(f"Later {n}" for n in range(20))):
            make_token(alice, name=name)
        signed_in.goto("/tokens/")
        signed_in.evaluate("window.isSamePage = true")
        button = action(signed_in, "Disable Roof")
        button.scroll_into_view_if_needed()
        before = row(signed_in, "Roof").bounding_box()["y"]
        button.click()
        notice = signed_in.locator(".notice")
        expect(notice).to_be_focused()
        assert signed_in.evaluate("window.isSamePage && scrollY > 0")
        assert abs(row(signed_in, "Roof").bounding_box()["y"] - before) < 200
        signed_in.keyboard.press("Tab")
        expect(signed_in.get_by_role("button", name="Enable again")).to_be_focused()
        signed_in.keyboard.press("Enter")
        expect(notice).to_contain_text("“Roof” is enabled.")
        assert SecurityToken.objects.get(name="Roof").status == "Active"

    def test_a_failure_is_told_where_the_page_is(self, signed_in, alice, context):
        for name in ("Roof", *(f"Later {n}" for n in range(20))):
            make_token(alice, name=name)
        signed_in.goto("/tokens/")
        context.set_offline(True)
        action(signed_in, "Disable Later 15").click()
        problem = signed_in.get_by_role("alert")
        expect(problem).to_have_text("The portal cannot be reached. Try again in a moment.")
        expect(problem).to_be_in_viewport()
        context.set_offline(False)
        action(signed_in, "Disable Later 15").click()
        expect(signed_in.get_by_text("“Later 15” is disabled.")).to_be_visible()
        expect(problem).to_be_hidden()

    def test_deleting_asks_in_a_dialog_over_the_list(self, signed_in, alice):
        make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        action(signed_in, "Delete Roof").click()
        dialog = signed_in.get_by_role("dialog")
        expect(dialog.get_by_role("heading", name="Delete this token?")).to_be_visible()
        dialog.get_by_role("link", name="Keep it").click()
        expect(dialog).to_be_hidden()
        assert SecurityToken.objects.count() == 1

    def test_the_menu_closes_by_escape_and_gives_the_focus_back(self, signed_in, alice):
        signed_in.goto("/tokens/")
        button = signed_in.get_by_role("button", name=alice.email)
        button.click()
        expect(signed_in.get_by_role("link", name="Log out")).to_be_visible()
        signed_in.keyboard.press("Escape")
        expect(signed_in.get_by_role("link", name="Log out")).to_be_hidden()
        expect(button).to_be_focused()

    def test_the_keyboard_reaches_the_content_first(self, signed_in):
        signed_in.goto("/tokens/")
        signed_in.keyboard.press("Tab")
        expect(signed_in.get_by_role("link", name="Skip to the content")).to_be_focused()
        signed_in.keyboard.press("Enter")
        expect(signed_in.locator("main")).to_be_focused()


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_overflows_the_page(signed_in, alice, width):
    make_token(alice, name="W" * 128, description="d" * 512)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.goto("/tokens/")
    assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "display"), [(360, "grid"), (1440, "table-row")])
def test_a_row_becomes_a_card_on_a_phone(signed_in, alice, width, display):
    make_token(alice, name="Roof")
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.goto("/tokens/")
    expect(row(signed_in, "Roof")).to_have_css("display", display)


def test_requests_go_to_the_portal_alone_and_none_is_refused(signed_in, alice, live_server):
    requested: list[str] = []
    complaints: list[str] = []
    signed_in.on("request", lambda request: requested.append(request.url))
    signed_in.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    make_token(alice)
    signed_in.goto("/tokens/", wait_until="networkidle")
    assert all(url.startswith(live_server.url) for url in requested)
    assert complaints == []
