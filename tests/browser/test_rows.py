"""A row of the list: at a glance, with one menu."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.rows import action, row
from tests.factories import token as make_token
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FULL = Policy(
    api_paths=("/datum/**", "/nodes/*", "!/datum/stream/**"),
    not_after=1_853_020_799_999,
    min_aggregation=Aggregation.HOUR,
    node_ids=(101, 102),
    refresh_allowed=True,
    source_ids=("/inverter/*", "/meter/1"),
    node_metadata_paths=("/m/place", "/pm/site/**"),
    user_metadata_paths=("/m/company",),
)


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_a_full_policy_takes_three_lines_at_most(signed_in: Page, alice, width):
    make_token(alice, name="Roof", description="What the screen in the entrance hall shows, " * 5, policy=FULL)
    signed_in.set_viewport_size({"width": width, "height": 1400})
    signed_in.goto("/tokens/")
    # Three chips of 1.55 lines of 13 pixels, the gaps between them, and the padding of the cell.
    assert row(signed_in, "Roof").bounding_box()["height"] <= 3 * 24 + 2 * 4 + 2 * 12
    expect(signed_in.get_by_text("1 user metadata path")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_a_long_name_is_cut_with_the_whole_at_hand(signed_in: Page, alice, width):
    name = "Battery controller of the industrial estate, building 7, on the second floor, at the end of the corridor"
    make_token(alice, name=name)
    signed_in.set_viewport_size({"width": width, "height": 900})
    signed_in.goto("/tokens/")
    assert row(signed_in, name).bounding_box()["height"] <= 3 * 26 + 2 * 12
    expect(signed_in.get_by_title(name, exact=True)).to_be_visible()


@pytest.mark.parametrize("browser_page", ["signed_in", "no_js"])
def test_a_label_opens_into_its_entries(browser_page, request, alice):
    page = request.getfixturevalue(browser_page)
    make_token(alice, name="Roof", policy=FULL)
    page.goto("/tokens/")
    expect(page.get_by_text("!/datum/stream/**")).to_be_hidden()
    page.get_by_text("3 API paths").click()
    expect(page.get_by_text("!/datum/stream/**")).to_be_visible()


def test_the_name_leads_to_the_token_and_the_identifier_is_copied(signed_in: Page, alice, context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = make_token(alice, name="Roof")
    signed_in.goto("/tokens/")
    signed_in.get_by_role("button", name="Copy the security token of Roof").click()
    expect(signed_in.get_by_role("status").filter(has_text="Copied: the security token of Roof.")).to_be_attached()
    assert signed_in.evaluate("navigator.clipboard.readText()") == made.token_id
    signed_in.get_by_role("link", name="Roof", exact=True).click()
    expect(signed_in).to_have_url(re.compile(f"/tokens/{made.token_id}/$"))


class TestTheMenu:
    def test_it_opens_by_keyboard_and_escape_gives_the_focus_back(self, signed_in: Page, alice):
        make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        dots = signed_in.get_by_label("Actions for Roof")
        dots.focus()
        signed_in.keyboard.press("Enter")
        signed_in.keyboard.press("Tab")
        expect(signed_in.get_by_role("link", name="Open Roof")).to_be_focused()
        signed_in.keyboard.press("Escape")
        expect(signed_in.get_by_role("link", name="Open Roof")).to_be_hidden()
        expect(dots).to_be_focused()

    def test_a_click_elsewhere_or_another_menu_closes_it(self, signed_in: Page, alice):
        for name in ("Roof", "Barn"):
            make_token(alice, name=name)
        signed_in.goto("/tokens/")
        entry = action(signed_in, "Edit Barn")
        expect(entry).to_be_visible()
        signed_in.get_by_role("heading", name="Data Tokens").click()
        expect(entry).to_be_hidden()
        # The menu of the upper row lies over the dots of the lower one, so it is the other way round.
        action(signed_in, "Edit Roof")
        entry = action(signed_in, "Edit Barn")
        expect(entry).to_be_visible()
        expect(signed_in.get_by_role("link", name="Edit Roof")).to_be_hidden()

    def test_it_works_without_a_script(self, no_js: Page, alice):
        made = make_token(alice, name="Roof")
        no_js.goto("/tokens/")
        action(no_js, "Rotate Roof").click()
        expect(no_js).to_have_url(re.compile(f"/tokens/{made.token_id}/rotate/$"))

    @pytest.mark.parametrize("width", [320, 360, 768, 1280])
    def test_it_stays_in_the_window(self, signed_in: Page, alice, width):
        make_token(alice, name="Roof")
        signed_in.set_viewport_size({"width": width, "height": 2400})
        signed_in.goto("/tokens/")
        expect(action(signed_in, "Delete Roof")).to_be_in_viewport(ratio=1)
        assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")
