"""The private password in the dialog over the page: shown once, and nobody loses it by accident."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.rows import action, row
from tests.factories import token as make_token
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SECRET = re.compile(r"^snts_[A-Za-z0-9]{38}$")
SECRET_PAGE = re.compile(r"/tokens/\w{20}/secret/$")


@pytest.fixture
def shown(signed_in: Page) -> Page:
    """The list, with the private password of a new token in the dialog over it."""
    signed_in.goto("/tokens/")
    signed_in.evaluate("window.isSamePage = true")
    signed_in.get_by_role("link", name="Create user token", exact=True).click()
    signed_in.get_by_label("Name", exact=True).fill("Roof")
    signed_in.get_by_role("button", name="Generate Security Token").click()
    expect(signed_in.get_by_role("dialog").get_by_text(SECRET)).to_be_visible()
    expect(signed_in).to_have_url(SECRET_PAGE)
    return signed_in


def answer(page: Page, *, accept: bool) -> list[str]:
    asked: list[str] = []
    page.on("dialog", lambda question: (asked.append(question.message), question.accept() if accept else question.dismiss()))
    return asked


def expect_gone(page: Page) -> None:
    expect(page.get_by_role("heading", name="not shown again")).to_be_visible()
    assert "snts_" not in page.content()


def test_it_opens_over_the_list_with_the_focus_on_its_heading(shown: Page):
    assert shown.evaluate("window.isSamePage")
    expect(shown.get_by_role("dialog", name="User Token Created")).to_be_visible()
    expect(shown.get_by_role("heading", name="User Token Created")).to_be_focused()


@pytest.mark.parametrize("way", ["Escape", "Back", "the cross", "the button"])
def test_every_way_out_asks_first_and_stays_if_the_answer_is_no(shown: Page, way):
    asked = answer(shown, accept=False)
    match way:
        case "Escape":
            shown.keyboard.press("Escape")
        case "Back":
            shown.evaluate("history.back()")
        case "the cross":
            shown.get_by_role("button", name="Dismiss this dialog").click()
        case _:
            shown.get_by_role("link", name="I have saved it").click()
    expect(shown.get_by_text(SECRET)).to_be_visible()
    expect(shown).to_have_url(SECRET_PAGE)
    assert len(asked) == 1
    assert "Nothing was copied or downloaded" in asked[0]


def test_after_closing_the_list_has_the_token_and_the_focus_is_on_it(shown: Page):
    answer(shown, accept=True)
    shown.get_by_role("link", name="I have saved it").click()
    expect(shown.get_by_role("dialog")).to_be_hidden()
    expect(shown).to_have_url(re.compile(r"/tokens/$"))
    expect(row(shown, "Roof").get_by_role("link", name="Roof", exact=True)).to_be_focused()
    assert shown.evaluate("window.isSamePage")
    assert "snts_" not in shown.content()


def test_what_was_copied_closes_without_a_question(shown: Page, context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked = answer(shown, accept=True)
    shown.get_by_role("button", name="Copy private password").click()
    expect(shown.get_by_role("dialog").get_by_role("status").filter(has_text="Copied")).to_be_attached()
    assert SECRET.match(shown.evaluate("navigator.clipboard.readText()"))
    shown.keyboard.press("Escape")
    expect(shown.get_by_role("dialog")).to_be_hidden()
    assert asked == []


def test_reload_shows_it_no_more(shown: Page):
    answer(shown, accept=True)
    shown.reload()
    expect_gone(shown)


def test_forward_shows_it_no_more(shown: Page):
    answer(shown, accept=True)
    shown.keyboard.press("Escape")
    expect(row(shown, "Roof")).to_be_visible()
    shown.go_forward()
    expect_gone(shown)


def test_another_tab_shows_it_no_more(shown: Page, context: BrowserContext):
    other = context.new_page()
    other.goto(shown.url)
    expect_gone(other)


def test_the_browser_keeps_it_nowhere(shown: Page):
    kept = shown.evaluate(
        "JSON.stringify([history.state, {...sessionStorage}, {...localStorage}, document.cookie, location.href])"
    )
    assert "snts_" not in kept


def test_nothing_of_the_form_becomes_part_of_an_address(signed_in: Page):
    asked: list[str] = []
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.goto("/tokens/")
    signed_in.get_by_role("link", name="Create user token", exact=True).click()
    signed_in.get_by_role("button", name="Generate Security Token").click()
    expect(signed_in.get_by_text(SECRET)).to_be_visible()
    assert [url for url in asked if "?" in url and "/static/" not in url] == []


def test_a_lost_line_after_sending_loses_neither_the_token_nor_the_password(signed_in: Page):
    signed_in.goto("/tokens/")
    signed_in.get_by_role("link", name="Create user token", exact=True).click()
    signed_in.get_by_label("Name", exact=True).fill("Roof")
    signed_in.route(SECRET_PAGE, lambda route: route.abort())
    signed_in.get_by_role("button", name="Generate Security Token").click()
    expect(signed_in.get_by_role("alert").filter(has_text="The portal cannot be reached.")).to_be_visible()
    signed_in.unroute(SECRET_PAGE)
    signed_in.get_by_role("button", name="Generate Security Token").click()
    expect(signed_in.get_by_text(SECRET)).to_be_visible()
    assert SecurityToken.objects.count() == 1


def test_a_password_that_was_seen_elsewhere_says_so_in_the_dialog(signed_in: Page, context: BrowserContext):
    signed_in.goto("/tokens/")
    signed_in.get_by_role("link", name="Create user token", exact=True).click()
    other = context.new_page()

    def see_first(route) -> None:
        other.goto(route.request.url)
        route.continue_()

    signed_in.route(SECRET_PAGE, see_first)
    signed_in.get_by_role("button", name="Generate Security Token").click()
    expect(signed_in.get_by_role("dialog").get_by_role("heading", name="not shown again")).to_be_visible()


def test_rotating_shows_the_new_one_over_the_token_s_page(signed_in: Page, alice):
    made = make_token(alice, name="Roof")
    signed_in.goto(f"/tokens/{made.token_id}/")
    signed_in.get_by_role("link", name="Rotate", exact=True).click()
    signed_in.get_by_role("button", name="Rotate", exact=True).click()
    expect(signed_in.get_by_role("dialog", name="Data Token Rotated").get_by_text(SECRET)).to_be_visible()
    answer(signed_in, accept=True)
    signed_in.get_by_role("link", name="I have saved it").click()
    expect(signed_in.get_by_role("dialog")).to_be_hidden()
    expect(signed_in.get_by_role("region", name="Private passwords")).to_contain_text("2 private passwords work")


def test_rotating_from_the_list_does_too(signed_in: Page, alice):
    make_token(alice, name="Roof")
    signed_in.goto("/tokens/")
    action(signed_in, "Rotate Roof").click()
    signed_in.get_by_role("button", name="Rotate", exact=True).click()
    expect(signed_in.get_by_role("dialog", name="Data Token Rotated").get_by_text(SECRET)).to_be_visible()


def test_deleting_it_at_once_asks_and_leads_to_the_confirmation(shown: Page):
    asked = answer(shown, accept=True)
    shown.get_by_role("link", name="Delete it, the policy is wrong").click()
    expect(shown.get_by_role("heading", name="Delete this token?")).to_be_visible()
    assert len(asked) == 1
