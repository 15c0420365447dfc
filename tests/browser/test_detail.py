import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import token as make_token
from tokens.models import TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle import rotation

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_everything_of_one_token_is_there(no_js, alice):
    made = make_token(alice, name="Roof", description="On top")
    no_js.goto(f"/tokens/{made.token_id}/")
    for name in ("What it may do", "Use", "Use this token", "What can this token do?", "Activity"):
        expect(no_js.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(no_js.get_by_text("Waiting for the first request")).to_be_visible()


def test_the_first_use_shows_by_itself(signed_in, alice):
    made = make_token(alice)
    signed_in.goto(f"/tokens/{made.token_id}/")
    expect(signed_in.get_by_text("Waiting for the first request")).to_be_visible()
    TokenSecret.objects.filter(token=made).update(first_used_at=timezone.now())
    expect(signed_in.locator("#first-use")).to_contain_text(re.compile(r"Last accepted .*\d\d:\d\d UTC"), timeout=12_000)


def test_without_a_script_there_is_no_copy_button(no_js, alice):
    no_js.goto(f"/tokens/{make_token(alice).token_id}/")
    expect(no_js.get_by_text("Copy security token")).to_be_hidden()


def test_a_snippet_can_be_copied(signed_in, alice, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = make_token(alice)
    signed_in.goto(f"/tokens/{made.token_id}/")
    signed_in.get_by_role("button", name="Copy curl").click()
    expect(signed_in.locator("[data-copy-status]")).to_contain_text("Copied")
    assert made.token_id in signed_in.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("browser_page", ["signed_in", "no_js"])
def test_the_snippets_of_one_scheme_are_shown_at_a_time(browser_page, request, alice):
    page = request.getfixturevalue(browser_page)
    page.goto(f"/tokens/{make_token(alice).token_id}/")
    snippets = page.get_by_role("region", name="Use this token")
    expect(snippets.get_by_text("Python", exact=True).filter(visible=True)).to_have_count(1)
    expect(snippets.get_by_text("snws3_request | hmac")).to_be_hidden()
    snippets.get_by_label("HTTP Message Signatures (RFC 9421)").check()
    expect(snippets.get_by_text("snws3_request | hmac")).to_be_visible()
    expect(snippets.get_by_text("Python", exact=True).filter(visible=True)).to_have_count(1)


def test_a_request_is_tried_on_the_page(no_js, alice):
    no_js.goto(f"/tokens/{make_token(alice).token_id}/")
    no_js.get_by_label("Path", exact=True).fill("/datum/list")
    no_js.get_by_role("button", name="Try it").click()
    expect(no_js.locator(".verdict").first).to_contain_text(re.compile("allowed", re.IGNORECASE))


def test_the_result_of_a_trial_is_shown_in_place(signed_in, alice):
    made = make_token(alice)
    signed_in.goto(f"/tokens/{made.token_id}/")
    signed_in.get_by_label("Path", exact=True).fill("/datum/list")
    signed_in.get_by_label("Path", exact=True).press("Enter")
    expect(signed_in.get_by_role("status").filter(has_text="Allowed:")).to_be_visible()
    expect(signed_in).to_have_url(re.compile(f"/tokens/{made.token_id}/$"))


def test_an_edit_opens_over_the_page_and_closes_again(signed_in, alice):
    signed_in.goto(f"/tokens/{make_token(alice, name='Roof').token_id}/")
    signed_in.get_by_role("link", name="Edit").click()
    expect(signed_in.get_by_role("dialog", name="Edit Data Token")).to_be_visible()
    signed_in.keyboard.press("Escape")
    expect(signed_in.get_by_role("dialog")).to_be_hidden()
    expect(signed_in.get_by_role("link", name="Edit")).to_be_focused()


def test_the_old_private_password_is_ended_now(no_js, alice):
    made = make_token(alice)
    rotation.rotate(made, rotation.Grace.WEEK, actor=Actor(label="x"), now=timezone.now())
    no_js.goto(f"/tokens/{made.token_id}/")
    no_js.get_by_role("button", name="End it now").click()
    expect(no_js.locator("#messages")).to_contain_text("The old private password has ended.")
    expect(no_js.get_by_role("button", name="End it now")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_overflows_the_page(signed_in, alice, width):
    made = make_token(alice, name="W" * 128, description="d" * 512)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.goto(f"/tokens/{made.token_id}/")
    assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("browser_page", ["signed_in", "no_js"])
def test_disable_tells_the_last_use_before_and_after_and_is_undone(browser_page, request, alice):
    page = request.getfixturevalue(browser_page)
    made = make_token(alice, name="Roof")
    page.goto(f"/tokens/{made.token_id}/")
    disable = page.get_by_role("button", name="Disable", exact=True)
    expect(disable).to_have_accessible_description("Never used")
    disable.click()
    told = page.locator("#messages")
    expect(told).to_contain_text("“Roof” is disabled. Its requests are refused from now on. It was never used.")
    told.get_by_role("button", name="Enable again").click()
    expect(told).to_contain_text("“Roof” is enabled. It works from now on.")
    expect(page.get_by_role("button", name="Disable", exact=True)).to_be_visible()
