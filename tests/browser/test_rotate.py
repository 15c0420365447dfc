"""Rotating a token in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import token
from tokens.models import SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SECRET = re.compile(r"^snts_[A-Za-z0-9]{38}$")


@pytest.fixture
def rotated(alice) -> SecurityToken:
    """A token of alice's."""
    return token(alice, name="Roof")


@pytest.mark.parametrize("browser_page", ["signed_in", "no_js"])
def test_a_new_private_password_is_shown_once(browser_page, request, rotated):
    page: Page = request.getfixturevalue(browser_page)
    page.goto(f"/tokens/{rotated.token_id}/rotate/")
    page.get_by_label("24 hours").check()
    page.get_by_role("button", name="Rotate").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    assert rotated.secrets.count() == 2
    page.on("dialog", lambda question: question.accept())
    page.get_by_role("link", name="I have saved it").click()
    expect(page).to_have_url(re.compile(f"/tokens/{rotated.token_id}/$"))
