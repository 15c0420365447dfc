"""The groups of the token form: in one line on a desktop, a list on a phone, and what each says of itself."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_small_screens import open_dialog
from tests.factories import NodeFactory
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GROUPS = ["Info", "Node/Source IDs", "Expiry", "Aggregate", "Node Metadata", "User Metadata", "API Paths"]
PHONE, DESKTOP = (360, 740), (1440, 900)


def tab(page: Page, name: str):
    return page.get_by_role("tab", name=name, exact=True)


class TestOnADesktop:
    @pytest.mark.parametrize("width", [768, 1440])
    def test_all_groups_stand_in_one_line(self, signed_in: Page, width):
        open_dialog(signed_in, (width, 900))
        tops = {tab(signed_in, group).bounding_box()["y"] for group in GROUPS}
        assert len(tops) == 1

    def test_they_stay_in_one_line_when_each_holds_something(self, signed_in: Page, alice):
        policy = Policy(node_ids=(101,), not_after=4_102_444_799_999, api_paths=("/a",), node_metadata_paths=("/m",))
        make_token(alice, name="Roof", policy=policy)
        signed_in.set_viewport_size({"width": 1440, "height": 900})
        signed_in.goto(f"/tokens/{SecurityToken.objects.get().token_id}/edit/")
        tops = {signed_in.get_by_role("tab", name=group).bounding_box()["y"] for group in GROUPS}
        assert len(tops) == 1

    def test_another_group_leaves_them_where_they_are(self, dialog: Page):
        before = tab(dialog, "Info").bounding_box()
        tab(dialog, "Node/Source IDs").click()
        expect(dialog.get_by_label("Source IDs")).to_be_visible()
        assert tab(dialog, "Info").bounding_box() == before

    def test_a_field_stands_beside_its_label(self, dialog: Page):
        label = dialog.get_by_text("Description", exact=True).bounding_box()
        field = dialog.get_by_label("Description").bounding_box()
        assert label["x"] + label["width"] < field["x"]


class TestWhatAGroupHolds:
    @pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=str)
    def test_it_is_told_while_one_types_and_no_more_when_it_is_gone(self, signed_in: Page, size):
        open_dialog(signed_in, size)
        tab(signed_in, "Aggregate").click()
        signed_in.get_by_label("Minimum Aggregation").select_option(label="Day")
        expect(signed_in.get_by_role("tab", name=re.compile("^Aggregate, set"))).to_be_visible()
        signed_in.get_by_label("Minimum Aggregation").select_option(label="None")
        expect(tab(signed_in, "Aggregate")).to_be_visible()

    def test_a_quick_choice_of_the_expiry_counts(self, dialog: Page):
        tab(dialog, "Expiry").click()
        dialog.get_by_label("30 days").check()
        expect(tab(dialog, "Expiry, set")).to_be_visible()

    def test_an_error_is_told_instead(self, dialog: Page):
        tab(dialog, "API Paths").click()
        dialog.get_by_label("API Paths").fill("datum")
        expect(tab(dialog, "API Paths has errors")).to_be_visible()
        dialog.get_by_label("API Paths").fill("/datum/**")
        expect(tab(dialog, "API Paths, set")).to_be_visible()

    def test_an_edit_tells_it_from_the_start(self, signed_in: Page, alice):
        made = make_token(alice, name="Roof", policy=Policy(source_ids=("/a", "/b")))
        signed_in.goto(f"/tokens/{made.token_id}/edit/")
        expect(tab(signed_in, "Node/Source IDs, set")).to_be_visible()
        expect(tab(signed_in, "Expiry")).to_be_visible()


class TestOnAPhone:
    @pytest.fixture
    def phone(self, signed_in: Page) -> Page:
        open_dialog(signed_in, PHONE)
        return signed_in

    def test_the_groups_are_a_list(self, phone: Page):
        boxes = [tab(phone, group).bounding_box() for group in GROUPS]
        assert [box["y"] for box in boxes] == sorted({box["y"] for box in boxes})
        assert {(box["x"], box["width"]) for box in boxes} == {(boxes[0]["x"], boxes[0]["width"])}
        assert min(box["height"] for box in boxes) >= 44

    def test_a_group_opens_below_its_name_and_above_the_next(self, phone: Page):
        tab(phone, "Expiry").click()
        above, field, below = (
            place.bounding_box()["y"] for place in (tab(phone, "Expiry"), phone.get_by_label("Expires"), tab(phone, "Aggregate"))
        )
        assert above < field < below
        expect(phone.get_by_label("Name", exact=True)).to_be_hidden()

    def test_what_was_pressed_stays_in_view(self, phone: Page):
        tab(phone, "Node/Source IDs").click()
        tab(phone, "API Paths").click()
        expect(tab(phone, "API Paths")).to_be_in_viewport(ratio=1)

    def test_it_says_what_each_group_holds(self, phone: Page):
        tab(phone, "Node/Source IDs").click()
        phone.get_by_label("101 – Roof").check()
        phone.get_by_label("Source IDs").fill("/a, /b")
        expect(phone.get_by_text("node 101, 2 sources", exact=True)).to_be_visible()

    def test_the_arrow_keys_follow_the_list(self, phone: Page):
        expect(phone.get_by_role("tablist")).to_have_attribute("aria-orientation", "vertical")
        tab(phone, "Info").focus()
        phone.keyboard.press("ArrowDown")
        expect(tab(phone, "Node/Source IDs")).to_be_focused()
        expect(phone.get_by_label("Source IDs")).to_be_visible()
        phone.keyboard.press("ArrowUp")
        expect(phone.get_by_label("Name", exact=True)).to_be_visible()

    def test_turning_it_on_its_side_makes_a_line_of_them(self, phone: Page):
        phone.set_viewport_size({"width": 800, "height": 360})
        expect(phone.get_by_role("tablist")).to_have_attribute("aria-orientation", "horizontal")

    @pytest.mark.parametrize("width", [320, 360])
    def test_nothing_in_the_dialog_is_wider_than_it(self, signed_in: Page, alice, width):
        NodeFactory(owner=alice, node_id=9_223_372_036_854_775_807, name="W" * 60)
        open_dialog(signed_in, (width, 740))
        for group in GROUPS:
            tab(signed_in, group).click()
            overflow = "(box) => box.scrollWidth - box.clientWidth"
            assert signed_in.get_by_role("dialog").evaluate(overflow) == 0, group


class TestByKeyboardAlone:
    def test_from_the_plus_to_the_private_password(self, signed_in: Page):
        signed_in.goto("/tokens/")
        signed_in.get_by_role("link", name="Create data token", exact=True).focus()
        signed_in.keyboard.press("Enter")
        expect(signed_in.get_by_label("Name", exact=True)).to_be_focused()
        signed_in.keyboard.type("Roof data")
        signed_in.keyboard.press("Shift+Tab")
        expect(tab(signed_in, "Info, set")).to_be_focused()
        signed_in.keyboard.press("ArrowRight")
        signed_in.keyboard.press("Tab")
        signed_in.keyboard.press("ArrowDown")
        expect(signed_in.get_by_label("Only these nodes")).to_be_checked()
        signed_in.keyboard.press("Tab")
        signed_in.keyboard.press("Space")
        expect(signed_in.get_by_label("101 – Roof")).to_be_checked()
        button = signed_in.get_by_role("button", name="Generate Security Token")
        for _ in range(12):
            signed_in.keyboard.press("Tab")
            if button.evaluate("(one) => one === document.activeElement"):
                break
        expect(button).to_be_focused()
        signed_in.keyboard.press("Enter")
        expect(signed_in.get_by_text(re.compile("^snts_"))).to_be_visible()
        assert (SecurityToken.objects.get().name, SecurityToken.objects.get().policy) == ("Roof data", {"nodeIds": [101]})


class TestTheName:
    @pytest.mark.parametrize("kind", ["user", "data"])
    def test_has_the_focus_on_a_page_of_its_own(self, signed_in: Page, kind):
        signed_in.goto(f"/tokens/new/{kind}/")
        expect(signed_in.get_by_label("Name", exact=True)).to_be_focused()

    def test_has_the_focus_when_a_token_is_edited(self, signed_in: Page, alice):
        signed_in.goto(f"/tokens/{make_token(alice, name='Roof').token_id}/edit/")
        expect(signed_in.get_by_label("Name", exact=True)).to_be_focused()


class TestTheSentence:
    # 1280 x 1024 at 400 % is 320 x 256.
    @pytest.mark.parametrize("size", [(360, 740), (320, 256)], ids=str)
    def test_is_in_view_while_one_types_at_the_end_of_the_form(self, signed_in: Page, size):
        signed_in.set_viewport_size({"width": size[0], "height": size[1]})
        signed_in.goto("/tokens/new/data/")
        tab(signed_in, "API Paths").click()
        signed_in.get_by_label("API Paths").fill("/datum/**")
        told = signed_in.get_by_role("status").filter(has_text="Can use only API path /datum/**")
        expect(told).to_be_in_viewport(ratio=1)
        expect(signed_in.get_by_role("button", name="Generate Security Token")).to_be_in_viewport(ratio=1)

    def test_its_patterns_are_read_from_left_to_right(self, signed_in: Page):
        signed_in.goto("/tokens/new/data/")
        tab(signed_in, "Node/Source IDs").click()
        signed_in.get_by_label("Source IDs").fill("/גג/*, /שמש/1")
        patterns = signed_in.locator("#preview-sentence code")
        expect(patterns).to_have_text(["/גג/*", "/שמש/1"])
        styles = patterns.evaluate_all("(all) => all.map((one) => getComputedStyle(one))")
        assert {(style["direction"], style["unicodeBidi"]) for style in styles} == {("ltr", "isolate")}

    def test_a_node_s_name_keeps_its_own_direction(self, signed_in: Page, alice):
        NodeFactory(owner=alice, node_id=7, name="גג")
        signed_in.goto("/tokens/new/data/")
        tab(signed_in, "Node/Source IDs").click()
        signed_in.get_by_label("7 – גג").check()
        expect(signed_in.locator("#preview-sentence bdi")).to_have_text("גג")


def test_without_javascript_all_groups_are_sections_in_a_row(no_js: Page):
    no_js.goto("/tokens/new/data/")
    tops = [no_js.get_by_role("group", name=group, exact=True).first.bounding_box()["y"] for group in GROUPS]
    assert tops == sorted(set(tops))
    expect(no_js.get_by_role("tab")).to_have_count(0)


def test_three_hundred_nodes_are_searched_by_id_and_name_in_a_box(signed_in: Page, alice, context: BrowserContext):
    for number in range(300):
        NodeFactory(owner=alice, node_id=1000 + number, name=f"Field {number}")
    signed_in.goto("/tokens/new/data/")
    tab(signed_in, "Node/Source IDs").click()
    expect(signed_in.get_by_label("Source IDs")).to_be_in_viewport()
    signed_in.get_by_label("Find").fill("1299")
    expect(signed_in.get_by_text("1 shown")).to_be_visible()
    signed_in.get_by_label("1299 – Field 299").check()
    expect(signed_in.get_by_text("of node 1299 (Field 299)")).to_be_visible()
