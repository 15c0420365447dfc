"""What happens around the dialog: links, history, failures. What is inside it is tested with its page."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.rows import action
from tests.browser.slow_lines import SlowLine
from tests.factories import NodeFactory
from tests.factories import token as make_token
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIST = re.compile(r"/tokens/$")
CREATE = re.compile(r"/tokens/new/data/$")
# As a hand does it that presses Tab as soon as the dialog is seen.
_GO_ON_AT_ONCE = """() => addEventListener("htmx:afterSwap", () => setTimeout(() => {
  document.getElementById("id_description").focus();
  document.body.dataset.goneOn = "";
}))"""


def collect_dialogs(page: Page, *, accept: bool) -> list[str]:
    messages: list[str] = []
    page.on("dialog", lambda question: (messages.append(question.message), question.accept() if accept else question.dismiss()))
    return messages


class TestOpening:
    def test_the_address_and_the_title_are_the_page_s_own_and_the_first_field_has_the_focus(self, dialog: Page):
        expect(dialog).to_have_url(CREATE)
        expect(dialog).to_have_title(re.compile("^Create Data Token"))
        expect(dialog.get_by_label("Name", exact=True)).to_be_focused()

    def test_whoever_goes_on_at_once_keeps_the_focus(self, signed_in: Page):
        signed_in.goto("/tokens/")
        signed_in.evaluate(_GO_ON_AT_ONCE)
        signed_in.get_by_role("link", name="Create data token", exact=True).click()
        expect(signed_in.locator("body[data-gone-on]")).to_be_attached()
        signed_in.wait_for_timeout(100)
        expect(signed_in.get_by_label("Description")).to_be_focused()

    @pytest.mark.parametrize("key", ["Control", "Shift"])
    def test_a_link_opened_elsewhere_is_a_page_of_its_own(self, signed_in: Page, context: BrowserContext, key):
        signed_in.goto("/tokens/")
        with context.expect_page() as opened:
            signed_in.get_by_role("link", name="Create data token", exact=True).click(modifiers=[key])
        expect(opened.value.get_by_role("navigation", name="Main")).to_be_visible()
        expect(signed_in.get_by_role("dialog")).to_be_hidden()

    def test_a_deleted_token_shows_its_own_error_page(self, signed_in: Page, alice):
        made = make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        made.delete()
        action(signed_in, "Edit Roof").click()
        expect(signed_in.get_by_role("heading", name="Page not found")).to_be_visible()

    @pytest.mark.parametrize("link", ["Create data token", "Edit Roof", "Delete Roof"])
    def test_a_lost_session_leads_to_sign_in_and_back_to_the_page(self, signed_in: Page, context, alice, link):
        made = make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        context.clear_cookies(name="sessionid")
        opens = signed_in.get_by_role("link", name=link, exact=True) if link.startswith("Create") else action(signed_in, link)
        opens.click()
        page = link.split()[0].lower()
        path = "new/data" if page == "create" else f"{made.token_id}/{page}"
        expect(signed_in).to_have_url(re.compile(rf"/accounts/login/\?next=/tokens/{path}/"))


class TestClosing:
    def test_back_asks_before_what_was_typed_is_lost(self, dialog: Page):
        messages = collect_dialogs(dialog, accept=False)
        dialog.get_by_label("Name", exact=True).fill("Typed")
        dialog.go_back()
        expect(dialog.get_by_label("Name", exact=True)).to_have_value("Typed")
        expect(dialog).to_have_url(CREATE)
        assert len(messages) == 1

    def test_confirming_leads_back_to_the_list_as_it_was(self, dialog: Page):
        messages = collect_dialogs(dialog, accept=True)
        dialog.get_by_label("Name", exact=True).fill("Typed")
        dialog.keyboard.press("Escape")
        expect(dialog.get_by_role("dialog")).to_be_hidden()
        expect(dialog).to_have_url(LIST)
        expect(dialog).to_have_title(re.compile("^Security Tokens"))
        assert len(messages) == 1

    def test_searching_among_nodes_is_no_change(self, signed_in: Page, alice):
        for number in range(12):
            NodeFactory(owner=alice, node_id=500 + number, name=f"Field {number}")
        messages = collect_dialogs(signed_in, accept=False)
        signed_in.goto("/tokens/")
        signed_in.get_by_role("link", name="Create data token", exact=True).click()
        signed_in.get_by_role("tab", name="Node/Source IDs").click()
        signed_in.get_by_label("Find").fill("field 7")
        expect(signed_in.get_by_text("1 shown")).to_be_visible()
        signed_in.get_by_role("button", name="Close").click()
        expect(signed_in.get_by_role("dialog")).to_be_hidden()
        assert messages == []

    def test_it_opens_again_after_it_was_closed(self, dialog: Page):
        dialog.get_by_role("button", name="Close").click()
        expect(dialog.get_by_role("dialog")).to_be_hidden()
        dialog.get_by_role("link", name="Create user token", exact=True).click()
        expect(dialog.get_by_role("dialog", name="Create User Token")).to_be_visible()


class TestSending:
    def test_after_saving_back_leads_to_the_list(self, signed_in: Page, alice):
        made = make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        action(signed_in, "Edit Roof").click()
        signed_in.get_by_label("Name", exact=True).fill("Barn")
        signed_in.get_by_role("button", name="Save changes").click()
        expect(signed_in).to_have_url(re.compile(f"/tokens/{made.token_id}/$"))
        signed_in.go_back()
        expect(signed_in).to_have_url(LIST)
        expect(signed_in.get_by_role("rowheader", name="Barn")).to_be_visible()

    def test_a_server_error_is_reported_and_nothing_typed_is_lost(self, dialog: Page):
        dialog.get_by_label("Name", exact=True).fill("Kept")
        dialog.route(CREATE, lambda route: route.fulfill(status=500, body="<h1>broken</h1>"))
        dialog.get_by_role("button", name="Generate Security Token").click()
        expect(dialog.get_by_role("alert")).to_contain_text("responded with an error (500)")
        expect(dialog.get_by_label("Name", exact=True)).to_have_value("Kept")

    def test_it_does_not_close_while_it_is_being_sent(self, dialog: Page):
        line = SlowLine(dialog, CREATE)
        dialog.get_by_role("button", name="Generate Security Token").click()
        expect(dialog.locator("form.htmx-request")).to_be_attached()
        dialog.keyboard.press("Escape")
        expect(dialog.get_by_role("dialog")).to_be_visible()
        line.let_go()
        expect(dialog.get_by_text("Heads up!")).to_be_visible()
        assert SecurityToken.objects.count() == 1

    def test_a_deleted_token_s_error_page_is_no_part_of_the_dialog(self, signed_in: Page, alice):
        made = make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        action(signed_in, "Delete Roof").click()
        expect(signed_in.get_by_role("dialog")).to_be_visible()
        made.delete()
        signed_in.get_by_label("To delete it").fill("Roof")
        signed_in.get_by_role("button", name="Delete for good").click()
        expect(signed_in.get_by_role("alert")).to_contain_text("responded with an error (404)")


def test_nothing_of_it_is_stopped_by_the_content_security_policy(dialog: Page):
    complaints: list[str] = []
    dialog.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    dialog.get_by_role("tab", name="Aggregate").click()
    dialog.get_by_label("Minimum Aggregation").select_option(label="Day")
    expect(dialog.get_by_role("status").filter(has_text="daily or coarser data")).to_be_visible()
    dialog.get_by_role("button", name="Generate Security Token").click()
    expect(dialog.get_by_text("Heads up!")).to_be_visible()
    assert complaints == []


class TestNothingIsDestroyedByAKey:
    """The keys that a hand presses once too often, on a dialog that has just opened."""

    @pytest.mark.parametrize("key", ["Enter", "Space"])
    @pytest.mark.parametrize("act", ["Delete", "Rotate"])
    @pytest.mark.parametrize("disabled", [False, True])
    def test_a_key_pressed_at_once_changes_nothing(self, signed_in: Page, alice, act, key, disabled):
        made = make_token(alice, name="Roof", disabled=disabled)
        signed_in.goto(f"/tokens/{made.token_id}/")
        signed_in.get_by_role("link", name=act, exact=True).click()
        heading = signed_in.get_by_role("dialog").get_by_role("heading", level=1)
        expect(heading).to_be_focused()
        chosen = signed_in.get_by_role("radio", checked=True).count()
        signed_in.keyboard.press(key)
        expect(heading).to_be_focused()
        assert signed_in.get_by_role("radio", checked=True).count() == chosen
        assert (SecurityToken.objects.get().status == "Disabled", made.secrets.count()) == (disabled, 1)

    def test_a_wrong_name_is_told_in_the_dialog(self, signed_in: Page, alice):
        made = make_token(alice, name="Roof")
        signed_in.goto(f"/tokens/{made.token_id}/")
        signed_in.get_by_role("link", name="Delete", exact=True).click()
        signed_in.get_by_label("To delete it").fill("Rooof")
        signed_in.keyboard.press("Enter")
        expect(signed_in.get_by_role("dialog").get_by_text("neither the token's name nor its identifier")).to_be_visible()
        assert SecurityToken.objects.exists()
