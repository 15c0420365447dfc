import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD
from tests.factories import token as make_token

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def visitor(browser, live_server, alice):
    """Somebody who is not signed in, without JavaScript."""
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    yield context.new_page()
    context.close()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_visitor_signs_in_and_arrives_at_the_page_that_was_requested(visitor, alice):
    made = make_token(alice, name="Roof")
    visitor.goto(f"/tokens/{made.token_id}/")
    sign_in(visitor)
    expect(visitor.get_by_role("heading", level=1, name="Roof")).to_be_visible()


def test_a_wrong_password_is_reported(visitor):
    visitor.goto("/accounts/login/")
    sign_in(visitor, "wrong")
    expect(visitor.get_by_role("alert")).to_contain_text("not correct")


def test_the_password_is_changed_and_counts(visitor):
    visitor.goto("/accounts/login/")
    sign_in(visitor)
    visitor.goto("/accounts/password/change/")
    visitor.get_by_label("Current Password").fill(PASSWORD)
    visitor.get_by_label("New Password", exact=True).fill("another long passphrase 42")
    visitor.get_by_label("New Password (again)").fill("another long passphrase 42")
    visitor.get_by_role("button", name="Change password").click()
    expect(visitor.locator("#messages")).to_contain_text("Password successfully changed")


def test_a_reset_is_requested(visitor):
    visitor.goto("/accounts/login/")
    visitor.get_by_role("link", name=re.compile("Forgot")).first.click()
    visitor.get_by_label("Email").fill("alice@example.org")
    visitor.get_by_role("button", name="Send the link").click()
    expect(visitor.get_by_role("heading", name="Check your email")).to_be_visible()
