"""Creating a token in a browser, with JavaScript and without."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from tests.factories import NodeFactory
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SECRET_PAGE = re.compile(r"/tokens/\w{20}/secret/$")


def generate(page: Page) -> None:
    page.get_by_role("button", name="Generate Security Token").click()


def fill_everything(page: Page, open_group) -> None:
    page.get_by_label("Name", exact=True).fill("Roof data")
    page.get_by_label("Description").fill("For the dashboard")
    open_group("Node/Source IDs")
    page.get_by_label("101 – Roof").check()
    page.get_by_label("Source IDs").fill("/inverter/*, /meter/1")
    open_group("Expiry")
    page.get_by_label("Expires").fill("2099-12-31")
    page.get_by_label("Refresh Allowed").check()
    open_group("Aggregate")
    page.get_by_label("Minimum Aggregation").select_option(label="Hour")
    open_group("Node Metadata")
    page.get_by_label("Node Metadata").fill("/m/location")
    open_group("User Metadata")
    page.get_by_label("User Metadata").fill("/pm/x/*")
    open_group("API Paths")
    page.get_by_label("API Paths").fill("/datum/**\n!/datum/stream/**")


FULL_POLICY = {
    "apiPaths": ["/datum/**", "!/datum/stream/**"],
    "notAfter": 4102444799999,
    "minAggregation": "Hour",
    "nodeIds": [101],
    "refreshAllowed": True,
    "sourceIds": ["/inverter/*", "/meter/1"],
    "nodeMetadataPaths": ["/m/location"],
    "userMetadataPaths": ["/pm/x/*"],
}


class TestWithoutJavaScript:
    def test_a_user_token_is_made_from_the_list(self, no_js: Page):
        no_js.goto("/tokens/")
        no_js.get_by_role("link", name="Create user token", exact=True).click()
        no_js.get_by_label("Name", exact=True).fill("Mine")
        generate(no_js)
        expect(no_js).to_have_url(SECRET_PAGE)
        expect(no_js.get_by_text("Heads up!")).to_be_visible()
        assert SecurityToken.objects.get().type == "User"

    def test_a_data_token_takes_every_policy_from_plain_fieldsets(self, no_js: Page):
        no_js.goto("/tokens/new/data/")
        expect(no_js.get_by_role("group", name="Node Metadata")).to_be_visible()
        fill_everything(no_js, lambda _: None)
        generate(no_js)
        expect(no_js).to_have_url(SECRET_PAGE)
        assert SecurityToken.objects.get().policy == FULL_POLICY

    def test_preview_and_enter_say_what_the_token_can_do_and_make_nothing(self, no_js: Page):
        no_js.goto("/tokens/new/data/")
        no_js.get_by_label("API Paths").fill("/datum/**")
        no_js.get_by_role("button", name="Preview").click()
        expect(no_js.get_by_text("Can use only API path /datum/**")).to_be_visible()
        expect(no_js.get_by_text("of 31 API methods")).to_be_visible()
        no_js.get_by_label("Name", exact=True).press("Enter")
        expect(no_js.get_by_role("heading", name="Create Data Token")).to_be_visible()
        assert not SecurityToken.objects.exists()

    def test_errors_link_to_their_field(self, no_js: Page):
        no_js.goto("/tokens/new/data/")
        no_js.get_by_label("Name", exact=True).fill("Kept")
        no_js.get_by_label("API Paths").fill("datum")
        generate(no_js)
        summary = no_js.get_by_role("alert")
        expect(summary).to_be_focused()
        expect(summary.get_by_role("link", name="API Paths")).to_have_attribute("href", "#id_api_paths")
        expect(no_js.get_by_label("Name", exact=True)).to_have_value("Kept")

    def test_what_is_corrected_is_told_no_more_after_the_next_send(self, no_js: Page):
        no_js.goto("/tokens/new/data/")
        no_js.get_by_label("API Paths").fill("datum")
        no_js.get_by_label("User Metadata").fill("/pn/x")
        generate(no_js)
        expect(no_js.get_by_text("Did you mean /pm/x?")).to_have_count(2)
        no_js.get_by_label("User Metadata").fill("/pm/x")
        generate(no_js)
        expect(no_js.get_by_text("Did you mean /pm/x?")).to_have_count(0)
        expect(no_js.get_by_role("alert").get_by_role("listitem")).to_have_count(1)

    def test_close_goes_back_to_the_list_with_nothing_in_the_address(self, no_js: Page):
        no_js.goto("/tokens/new/user/")
        no_js.get_by_label("Name", exact=True).fill("Private")
        no_js.get_by_role("button", name="Close").click()
        expect(no_js).to_have_url(re.compile(r"/tokens/\??$"))


class TestTheDialog:
    def test_a_data_token_takes_every_policy(self, dialog: Page):
        expect(dialog.get_by_role("tab", name="Info")).to_have_attribute("aria-selected", "true")
        fill_everything(dialog, lambda group: dialog.get_by_role("tab", name=group, exact=True).click())
        generate(dialog)
        expect(dialog).to_have_url(SECRET_PAGE)
        expect(dialog.get_by_text(re.compile("^snts_"))).to_be_visible()
        assert SecurityToken.objects.get().policy == FULL_POLICY

    def test_escape_closes_it_and_the_focus_goes_back(self, dialog: Page):
        dialog.keyboard.press("Escape")
        expect(dialog.get_by_role("dialog")).not_to_be_visible()
        expect(dialog.get_by_role("link", name="Create data token", exact=True)).to_be_focused()
        expect(dialog).to_have_url(re.compile("/tokens/$"))

    def test_closing_asks_before_typed_values_are_lost(self, dialog: Page):
        messages: list[str] = []
        dialog.on("dialog", lambda question: (messages.append(question.message), question.dismiss()))
        dialog.get_by_label("Name", exact=True).fill("Typed")
        dialog.get_by_role("button", name="Close").click()
        expect(dialog.get_by_label("Name", exact=True)).to_have_value("Typed")
        assert len(messages) == 1

    def test_back_closes_it_and_forward_opens_its_page(self, dialog: Page):
        dialog.go_back()
        expect(dialog.get_by_role("dialog")).not_to_be_visible()
        expect(dialog).to_have_url(re.compile("/tokens/$"))
        dialog.go_forward()
        expect(dialog.get_by_role("heading", name="Create Data Token")).to_be_visible()

    def test_the_tabs_work_by_keyboard(self, dialog: Page):
        dialog.get_by_role("tab", name="Info").focus()
        dialog.keyboard.press("ArrowRight")
        expect(dialog.get_by_role("tab", name="Node/Source IDs")).to_be_focused()
        expect(dialog.get_by_label("Source IDs")).to_be_visible()
        dialog.keyboard.press("End")
        expect(dialog.get_by_role("tab", name="API Paths")).to_have_attribute("aria-selected", "true")
        dialog.keyboard.press("Home")
        expect(dialog.get_by_label("Name", exact=True)).to_be_visible()

    def test_an_error_opens_its_group_and_keeps_everything(self, dialog: Page):
        dialog.get_by_label("Name", exact=True).fill("Kept")
        dialog.get_by_role("tab", name="API Paths").click()
        dialog.get_by_label("API Paths").fill("datum")
        dialog.get_by_role("tab", name="Info").click()
        generate(dialog)
        expect(dialog.get_by_role("alert")).to_be_focused()
        expect(dialog.get_by_role("tab", name="API Paths has errors")).to_have_attribute("aria-selected", "true")
        dialog.get_by_role("tab", name="Info").click()
        expect(dialog.get_by_label("Name", exact=True)).to_have_value("Kept")
        dialog.get_by_role("alert").get_by_role("link", name="API Paths").click()
        expect(dialog.get_by_label("API Paths")).to_be_focused()
        dialog.get_by_label("API Paths").fill("/datum/**")
        generate(dialog)
        expect(dialog).to_have_url(SECRET_PAGE)

    def test_one_mistake_has_one_message_beside_its_field_and_one_in_the_summary_until_it_is_corrected(self, dialog: Page):
        dialog.get_by_role("tab", name="API Paths").click()
        field, told = dialog.get_by_label("API Paths"), dialog.get_by_text("An API path starts with /")
        field.fill("datum")
        expect(told).to_have_count(1)
        generate(dialog)
        expect(dialog.get_by_role("alert")).to_be_focused()
        expect(told).to_have_count(2)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("Write /datum instead"))
        field.fill("/datum/**")
        expect(told).to_have_count(0)
        expect(dialog.get_by_text("Please correct the following")).to_have_count(0)
        expect(dialog.get_by_role("tab", name="API Paths, set", exact=True)).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "false")
        expect(field).to_be_focused()

    def test_a_second_mistake_stays_when_the_first_is_corrected(self, dialog: Page):
        dialog.get_by_role("tab", name="API Paths").click()
        dialog.get_by_label("API Paths").fill("datum")
        dialog.get_by_role("tab", name="User Metadata").click()
        dialog.get_by_label("User Metadata").fill("/pn/x")
        generate(dialog)
        summary = dialog.get_by_role("alert")
        expect(summary.get_by_role("listitem")).to_have_count(2)
        dialog.get_by_role("tab", name="User Metadata has errors").click()
        dialog.get_by_label("User Metadata").fill("/pm/x")
        expect(summary.get_by_role("listitem")).to_have_count(1)
        expect(summary.get_by_role("link", name="API Paths")).to_be_visible()
        expect(dialog.get_by_label("User Metadata")).to_be_focused()

    def test_a_network_failure_is_reported_and_nothing_typed_is_lost(self, dialog: Page, context: BrowserContext):
        dialog.get_by_label("Name", exact=True).fill("Kept")
        context.set_offline(True)
        generate(dialog)
        expect(dialog.get_by_role("alert").filter(has_text="The portal cannot be reached")).to_be_visible()
        expect(dialog.get_by_label("Name", exact=True)).to_have_value("Kept")
        context.set_offline(False)
        generate(dialog)
        expect(dialog).to_have_url(SECRET_PAGE)

    def test_generate_pressed_twice_makes_one_token(self, dialog: Page):
        dialog.get_by_role("button", name="Generate Security Token").dblclick()
        expect(dialog).to_have_url(SECRET_PAGE)
        expect(dialog.get_by_text(re.compile("^snts_"))).to_be_visible()
        assert SecurityToken.objects.count() == 1

    def test_a_lost_session_leads_to_sign_in(self, dialog: Page, context: BrowserContext):
        dialog.get_by_label("Name", exact=True).fill("Kept")
        context.clear_cookies(name="sessionid")
        generate(dialog)
        expect(dialog).to_have_url(re.compile(r"/accounts/login/\?next=/tokens/new/data/"))


@pytest.fixture
def form(signed_in: Page) -> Page:
    """The page of its own for a Data token."""
    signed_in.goto("/tokens/new/data/")
    return signed_in


class TestTheForm:
    def test_the_sentence_follows_what_is_typed(self, form: Page):
        form.get_by_role("tab", name="Aggregate").click()
        form.get_by_label("Minimum Aggregation").select_option(label="Day")
        expect(form.get_by_role("status").filter(has_text="daily or coarser data")).to_be_visible()

    def test_wildcards_show_what_they_match(self, form: Page):
        form.get_by_role("tab", name="API Paths").click()
        form.get_by_label("API Paths").fill("/datum/**, /typo")
        expect(form.get_by_text("of 31 API methods.").first).to_be_visible()
        expect(form.get_by_text("matches no API method that the portal knows")).to_be_visible()

    def test_a_pattern_for_sources_says_that_it_lacks_their_first_slash(self, form: Page):
        form.get_by_role("tab", name="Node/Source IDs").click()
        form.get_by_label("Source IDs").fill("/meter/1, **")
        expect(form.get_by_role("listitem").filter(has_text="For those that do, write /**.")).to_be_visible()

    def test_a_quick_choice_fills_in_its_date(self, form: Page):
        form.get_by_role("tab", name="Expiry").click()
        form.get_by_label("30 days").check()
        expect(form.get_by_label("Expires")).to_have_value(f"{(timezone.now() + timedelta(days=30)):%Y-%m-%d}")
        form.get_by_label("Expires").fill("2099-01-01")
        expect(form.get_by_label("On a date")).to_be_checked()
        form.get_by_label("Never", exact=True).check()
        expect(form.get_by_label("Expires")).to_have_value("")

    def test_naming_something_restricts_and_all_empties_the_box(self, form: Page):
        form.get_by_role("tab", name="Node/Source IDs").click()
        form.get_by_label("Source IDs").fill("a")
        expect(form.get_by_label("Only these sources")).to_be_checked()
        form.get_by_label("All sources").check()
        expect(form.get_by_label("Source IDs")).to_have_value("")
        form.get_by_label("Only these sources").check()
        expect(form.get_by_label("Source IDs")).to_have_value("a")
        form.get_by_label("102 – Barn").check()
        expect(form.get_by_label("Only these nodes")).to_be_checked()

    def test_a_request_is_tried_on_the_draft_and_enter_makes_no_token(self, form: Page):
        form.get_by_role("tab", name="Node/Source IDs").click()
        form.get_by_label("101 – Roof").check()
        form.get_by_text("Try a request on this draft").click()
        form.get_by_label("Node", exact=True).fill("102")
        form.get_by_label("Node", exact=True).press("Enter")
        expect(form.get_by_text("not among the policy's nodes")).to_be_visible()
        assert not SecurityToken.objects.exists()

    def test_enter_in_the_name_generates(self, form: Page):
        form.get_by_label("Name", exact=True).fill("Quick")
        form.get_by_label("Name", exact=True).press("Enter")
        expect(form).to_have_url(SECRET_PAGE)
        assert SecurityToken.objects.get().name == "Quick"

    def test_generate_pressed_twice_makes_one_token(self, form: Page):
        form.get_by_role("button", name="Generate Security Token").dblclick()
        expect(form.get_by_text(re.compile("^snts_"))).to_be_visible()
        assert SecurityToken.objects.count() == 1

    def test_a_failed_preview_is_reported(self, form: Page, context: BrowserContext):
        context.set_offline(True)
        form.get_by_label("Name", exact=True).fill("Kept")
        expect(form.get_by_text("The portal cannot be reached")).to_be_visible()
        context.set_offline(False)
        form.get_by_label("Name", exact=True).fill("Kept again")
        expect(form.get_by_text("Reads all data, raw data too")).to_be_visible()

    def test_a_session_that_ends_during_typing_redirects_nowhere(self, form: Page, context: BrowserContext):
        context.clear_cookies(name="sessionid")
        form.get_by_label("Name", exact=True).fill("Kept")
        expect(form.get_by_text("responded with an error (401)")).to_be_visible()
        expect(form.get_by_label("Name", exact=True)).to_have_value("Kept")

    def test_a_lost_session_comes_back_with_the_typed_values(self, form: Page, context: BrowserContext, alice, sign_in):
        form.get_by_label("Name", exact=True).fill("Kept")
        context.clear_cookies(name="sessionid")
        generate(form)
        form.get_by_label("Email", exact=False).fill("alice@example.org")
        form.get_by_label("Password", exact=True).fill("correct horse battery staple")
        form.get_by_role("button", name=re.compile("Sign in", re.I)).click()
        expect(form.get_by_label("Name", exact=True)).to_have_value("Kept")
        expect(form.get_by_text("signed out in the meantime")).to_be_visible()


def test_many_nodes_are_searched(signed_in: Page, alice):
    for number in range(12):
        NodeFactory(owner=alice, node_id=500 + number, name=f"Field {number}")
    signed_in.goto("/tokens/new/data/")
    signed_in.get_by_role("tab", name="Node/Source IDs").click()
    signed_in.get_by_label("101 – Roof").check()
    signed_in.get_by_label("Find").fill("field 7")
    expect(signed_in.get_by_label("507 – Field 7")).to_be_visible()
    expect(signed_in.get_by_label("508 – Field 8")).not_to_be_visible()
    expect(signed_in.get_by_label("101 – Roof")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["user", "data"])
def test_nothing_overflows_on_a_phone(signed_in: Page, kind, scheme):
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.set_viewport_size({"width": 360, "height": 740})
    signed_in.goto(f"/tokens/new/{kind}/")
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 360
