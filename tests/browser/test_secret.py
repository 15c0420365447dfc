"""The page that shows a private password once, in a browser."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SECRET = re.compile(r"^snts_[A-Za-z0-9]{38}$")


@pytest.fixture
def shown(signed_in: Page) -> Page:
    """The secret page of a token that was just created."""
    signed_in.goto("/tokens/new/user/")
    signed_in.get_by_label("Name", exact=True).fill("=Mine")
    signed_in.get_by_role("button", name="Generate Security Token").click()
    expect(signed_in.get_by_text(SECRET)).to_be_visible()
    # The page's modules run after its text can be seen.
    signed_in.wait_for_load_state("load")
    return signed_in


def expect_gone(page: Page) -> None:
    expect(page.get_by_role("heading", name="not shown again")).to_be_visible()
    expect(page.get_by_role("link", name="Rotate the token")).to_be_visible()
    assert "snts_" not in page.content()


def leave_anyway(page: Page) -> list[str]:
    dialogs: list[str] = []
    page.on("dialog", lambda question: (dialogs.append(question.type), question.accept()))
    return dialogs


def test_reload_shows_it_no_more(shown: Page):
    leave_anyway(shown)
    shown.reload()
    expect_gone(shown)


def test_another_tab_shows_it_no_more(shown: Page, context: BrowserContext):
    other = context.new_page()
    other.goto(shown.url)
    expect_gone(other)


def test_back_shows_it_no_more(shown: Page):
    leave_anyway(shown)
    shown.get_by_role("link", name="I have saved it").click()
    expect(shown).not_to_have_url(re.compile("secret"))
    shown.go_back()
    expect_gone(shown)


def test_nobody_leaves_by_accident(shown: Page):
    dialogs = leave_anyway(shown)
    shown.mouse.click(5, 5)
    shown.goto("/tokens/")
    assert dialogs == ["beforeunload"]


def test_saying_that_it_is_saved_is_asked_again_if_nothing_was_copied(shown: Page):
    asked: list[str] = []
    shown.once("dialog", lambda question: (asked.append(question.message), question.dismiss()))
    shown.get_by_role("link", name="I have saved it").click()
    assert len(asked) == 1
    assert "Nothing was copied or downloaded" in asked[0]
    expect(shown.get_by_text(SECRET)).to_be_visible()


def test_copying_by_keyboard_counts_as_saved(shown: Page):
    dialogs = leave_anyway(shown)
    shown.evaluate("getSelection().selectAllChildren(document.getElementById('secret-password'))")
    shown.keyboard.press("Control+c")
    shown.get_by_role("link", name="I have saved it").click()
    expect(shown).not_to_have_url(re.compile("secret"))
    assert dialogs == []


def test_leaving_is_possible_after_copying(shown: Page, context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialogs = leave_anyway(shown)
    shown.get_by_role("button", name="Copy private password").click()
    expect(shown.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    assert SECRET.match(shown.evaluate("navigator.clipboard.readText()"))
    shown.goto("/tokens/")
    assert dialogs == []


def test_each_value_is_copied_by_its_own_button(shown: Page, context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.get_by_role("button", name="Copy security token").click()
    expect(shown.get_by_role("status").filter(has_text="Copied: security token.")).to_be_attached()
    assert re.fullmatch(r"[A-Za-z0-9]{20}", shown.evaluate("navigator.clipboard.readText()"))


def read_download(page: Page, tmp_path: Path) -> list[list[str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    target = tmp_path / "token.csv"
    download.value.save_as(target)
    with target.open(newline="") as file:
        return list(csv.reader(file))


def test_the_download_is_what_is_shown(shown: Page, tmp_path):
    header, row = read_download(shown, tmp_path)
    assert header == ["Token Type", "Token ID", "Token Secret", "Name", "Description"]
    assert row[2] == shown.get_by_text(SECRET).inner_text()
    assert row[3] == "'=Mine"


def test_it_works_without_javascript(no_js: Page, tmp_path):
    no_js.goto("/tokens/new/data/")
    no_js.get_by_role("button", name="Generate Security Token").click()
    expect(no_js.get_by_text(SECRET)).to_be_visible()
    expect(no_js.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
    assert SECRET.match(read_download(no_js, tmp_path)[1][2])
    no_js.reload()
    expect_gone(no_js)


def test_it_fits_a_phone(shown: Page):
    shown.set_viewport_size({"width": 360, "height": 740})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360
