"""Phones and zoomed pages (400 % of 1280 x 1024 is 320 x 256), slow lines, titles and paper."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.rows import action
from tests.browser.slow_lines import SlowLine
from tests.browser.test_accessibility import findings
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(360, 640), (320, 568), (640, 512), (320, 256), (1440, 900)]
TOKEN_PAGES = [
    "",
    "new/user/",
    "new/data/",
    "{id}/",
    "{id}/edit/",
    "{id}/rotate/",
    "{id}/delete/",
    "{id}/key/",
    "{id}/debug/",
    "{id}/try/",
]
OTHER_PAGES = [
    "/accounts/login/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/api/docs/",
    "/nothing/",
]


def open_dialog(page: Page, size: tuple[int, int], link: str = "Create data token") -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/tokens/")
    opens = page.get_by_role("link", name=link, exact=True) if link.startswith("Create") else action(page, link)
    opens.click()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=str)
class TestTheFootOfADialog:
    @pytest.mark.parametrize("button", ["Generate Security Token", "Close"])
    def test_the_buttons_are_in_view(self, signed_in: Page, size, button):
        open_dialog(signed_in, size)
        expect(signed_in.get_by_role("button", name=button)).to_be_in_viewport(ratio=1)

    def test_the_sentence_is_in_view(self, signed_in: Page, size):
        open_dialog(signed_in, size)
        expect(signed_in.locator("#preview-sentence")).to_be_in_viewport(ratio=1)

    def test_it_leaves_half_of_the_screen_to_the_fields(self, signed_in: Page, size):
        open_dialog(signed_in, size)
        foot = signed_in.locator(".token-form__foot").bounding_box()
        assert foot["height"] <= size[1] / 2

    def test_it_does_not_cover_the_field_that_has_the_focus(self, signed_in: Page, size):
        open_dialog(signed_in, size)
        expect(signed_in.get_by_label("Name", exact=True)).to_be_focused()
        signed_in.keyboard.press("Tab")
        field = signed_in.get_by_label("Description")
        expect(field).to_be_focused()
        box, foot = field.bounding_box(), signed_in.locator(".token-form__foot").bounding_box()
        assert box["y"] < foot["y"]
        assert min(box["y"] + box["height"], foot["y"]) - box["y"] >= 24

    def test_the_offline_message_covers_no_button(self, signed_in: Page, context: BrowserContext, size):
        open_dialog(signed_in, size)
        context.set_offline(True)
        signed_in.get_by_role("button", name="Generate Security Token").click()
        expect(signed_in.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
        signed_in.get_by_role("button", name="Generate Security Token").click(trial=True)

    @pytest.mark.parametrize(("link", "button"), [("Edit Roof", "Save changes"), ("Delete Roof", "Delete for good")])
    def test_other_dialogs_have_it(self, signed_in: Page, alice, size, link, button):
        make_token(alice, name="Roof")
        open_dialog(signed_in, size, link)
        expect(signed_in.get_by_role("button", name=button)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [320, 360])
def test_no_page_is_too_wide(signed_in: Page, alice, width):
    made = make_token(alice, name="Roof", policy=Policy(source_ids=("/a/" + "b" * 50,)))
    signed_in.set_viewport_size({"width": width, "height": 640})
    too_wide = {}
    for path in [*(f"/tokens/{page.format(id=made.token_id)}" for page in TOKEN_PAGES), *OTHER_PAGES]:
        signed_in.goto(path)
        if (found := signed_in.evaluate("document.documentElement.scrollWidth")) > width:
            too_wide[path] = found
    assert too_wide == {}


class TestASlowLine:
    def test_a_link_that_opens_a_dialog_says_so_and_asks_once(self, signed_in: Page):
        line = SlowLine(signed_in, "**/tokens/new/data/")
        signed_in.goto("/tokens/")
        link = signed_in.get_by_role("link", name="Create data token", exact=True)
        link.press("Enter")
        expect(signed_in.get_by_role("status").filter(has_text="Loading…")).to_be_visible()
        link.press("Enter")
        line.let_go()
        expect(signed_in.get_by_role("dialog")).to_be_visible()
        expect(signed_in.get_by_text("Loading…")).to_be_hidden()
        assert len(line.waiting) == 1

    def test_a_form_that_is_sent_says_so(self, dialog: Page):
        line = SlowLine(dialog, re.compile(r"/tokens/new/data/$"))
        dialog.get_by_role("button", name="Generate Security Token").press("Enter")
        expect(dialog.get_by_role("dialog").get_by_role("status").filter(has_text="Sending…")).to_be_visible()
        line.let_go()
        expect(dialog.get_by_text("Heads up!")).to_be_visible()

    def test_a_form_without_htmx_says_so_and_is_sent_once(self, signed_in: Page, alice):
        made = make_token(alice, name="Roof")
        sent: list[Route] = []
        # An answer without content leaves the page as it is while it waits.
        signed_in.route("**/status/", lambda route: (sent.append(route), route.fulfill(status=204)))
        signed_in.goto(f"/tokens/{made.token_id}/")
        signed_in.get_by_role("button", name="Disable", exact=True).evaluate("(one) => { one.click(); one.click(); }")
        expect(signed_in.get_by_role("status").filter(has_text="Loading…")).to_be_visible()
        assert len(sent) == 1

    def test_the_live_sentence_says_that_it_follows(self, dialog: Page):
        line = SlowLine(dialog, "**/preview/**")
        dialog.get_by_label("Name", exact=True).fill("Roof")
        expect(dialog.get_by_text("Updating…")).to_be_visible()
        line.let_go()
        expect(dialog.get_by_text("Updating…")).to_be_hidden()


class TestTheTitleAfterABadSend:
    def test_in_a_dialog(self, dialog: Page):
        dialog.get_by_role("tab", name="API Paths").click()
        dialog.get_by_label("API Paths").fill("datum")
        dialog.get_by_role("button", name="Generate Security Token").click()
        expect(dialog).to_have_title(re.compile("^Error: Create Data Token"))

    def test_without_a_script(self, no_js: Page):
        no_js.goto("/tokens/new/user/")
        no_js.get_by_label("API Paths", exact=True).fill("datum")
        no_js.get_by_role("button", name="Generate Security Token").click()
        expect(no_js).to_have_title(re.compile("^Error: Create User Token"))


def test_paper_has_no_buttons_and_no_menu(signed_in: Page, alice):
    made = make_token(alice, name="Roof")
    signed_in.emulate_media(media="print")
    shown = "[...document.querySelectorAll('button, .button, .menu, nav a[href*=accounts]')].filter((part) => part.offsetParent)"
    for path in ("/tokens/", f"/tokens/{made.token_id}/"):
        signed_in.goto(path)
        assert signed_in.evaluate(f"{shown}.map((part) => part.textContent)") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog_on_the_smallest_screen(signed_in: Page, scheme):
    signed_in.emulate_media(color_scheme=scheme)
    open_dialog(signed_in, (320, 256))
    assert findings(signed_in) == []


def test_a_pattern_is_read_from_left_to_right_among_hebrew(signed_in: Page, alice):
    made = make_token(alice, name="גג", policy=Policy(source_ids=("/גג/*",)))
    places = {
        "": ".chips details li",
        f"{made.token_id}/": ".facts dd:has-text('/גג/*')",
        f"{made.token_id}/edit/": "#id_source_ids",
    }
    for path, place in places.items():
        signed_in.goto(f"/tokens/{path}")
        assert signed_in.locator(place).first.evaluate("(part) => getComputedStyle(part).direction") == "ltr"
