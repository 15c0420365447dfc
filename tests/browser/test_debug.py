"""The signature debugger as a person uses it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import issue

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEADING = re.compile("Refused \\(401\\): Signature")


@pytest.fixture
def address(alice) -> str:
    return f"/tokens/{issue(alice, name='Roof').token.token_id}/debug/"


def explain_example(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="SNWS2", exact=True).click()
    expect(page.get_by_label("Headers that were sent")).to_have_value(re.compile("SNWS2 Credential="))
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("heading", name=HEADING)).to_be_visible()


def expect_explanation(page: Page) -> None:
    expect(page.get_by_text("A space is written as “+”").first).to_be_visible()
    expect(page.get_by_text("At character 45 the portal has “%20”, the client “+”.")).to_be_visible()
    marks = page.locator("mark")
    expect(marks).to_have_text([re.compile("%20"), re.compile(r"\+")])


def test_the_example_is_explained_in_place(signed_in, address):
    explain_example(signed_in, address)
    expect_explanation(signed_in)
    expect(signed_in).to_have_url(re.compile(r"/debug/\?example=snws2$"))
    expect(signed_in.get_by_role("heading", name=HEADING)).to_be_focused()


def test_the_example_is_explained_without_a_script(no_js, address):
    explain_example(no_js, address)
    expect_explanation(no_js)
    expect(no_js).to_have_url(re.compile(r"/debug/$"))


def test_the_token_s_page_leads_here_and_back(no_js, address):
    no_js.goto(address.removesuffix("debug/"))
    no_js.get_by_role("link", name="Debug a failing request").click()
    expect(no_js.get_by_role("heading", name="Signature debugger")).to_be_visible()
    no_js.get_by_role("link", name="← Roof").click()
    expect(no_js.get_by_role("heading", name="Roof", exact=True)).to_be_visible()


def test_what_is_missing_is_told_in_place(signed_in, address):
    signed_in.goto(address)
    signed_in.get_by_role("button", name="Explain").click()
    summary = signed_in.get_by_role("alert").filter(has_text="The request could not be read.")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Headers that were sent").click()
    expect(signed_in.get_by_label("Headers that were sent")).to_be_focused()


def test_a_private_password_is_gone_from_the_page(signed_in, address, alice):
    secret = issue(alice).value
    signed_in.goto(address)
    signed_in.get_by_label("Body").fill(f"password {secret}")
    signed_in.get_by_role("button", name="Explain").click()
    expect(signed_in.get_by_role("heading", name="A private password was pasted")).to_be_visible()
    expect(signed_in.get_by_label("Body")).to_have_value("password [removed]")
    assert secret not in signed_in.content()


def test_too_much_text_is_told_in_place_and_stays(signed_in, address):
    signed_in.goto(address)
    signed_in.get_by_label("Body").fill("x" * 70_000)
    signed_in.get_by_role("button", name="Explain").click()
    expect(signed_in.get_by_role("alert").filter(has_text="At most 64 KB")).to_be_visible()
    assert len(signed_in.get_by_label("Body").input_value()) == 70_000


def test_what_the_portal_would_have_signed_can_be_copied(signed_in, address, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    explain_example(signed_in, address)
    signed_in.get_by_text("What the portal would have signed", exact=True).first.click()
    signed_in.get_by_role("button", name="Copy What the portal would have signed").click()
    expect(signed_in.locator("[data-copy-status]")).to_contain_text("Copied")
    assert signed_in.evaluate("navigator.clipboard.readText()").startswith("GET\n/solarquery/")


def test_clear_empties_the_form(no_js, address):
    no_js.goto(f"{address}?example=rfc9421")
    no_js.get_by_role("link", name="Clear").click()
    expect(no_js.get_by_label("Headers that were sent")).to_have_value("")


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_overflows_and_the_sides_stand_beside_each_other_if_there_is_room(signed_in, address, width):
    signed_in.set_viewport_size({"width": width, "height": 800})
    explain_example(signed_in, address)
    assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ours, theirs = (mark.bounding_box() for mark in signed_in.locator("[data-first] .comparison__side").all())
    assert (ours["y"] == theirs["y"]) == (width >= 768)
