"""Getting a signing key in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import issue, token
from tokens.domain.secrets.vault import make_key
from tokens.models import AuditEvent
from tokens.services.lifecycle.issuing import Issued

pytestmark = [pytest.mark.browser, pytest.mark.slow]
KEY = re.compile(r"^[0-9a-f]{64}$")


@pytest.fixture
def issued(alice) -> Issued:
    """A token of alice's."""
    return issue(alice, name="Roof")


@pytest.fixture
def dialog(signed_in: Page, issued: Issued) -> Page:
    """The dialog over the token's page."""
    signed_in.goto(f"/tokens/{issued.token.token_id}/")
    signed_in.get_by_role("link", name="Get a signing key").click()
    expect(signed_in.get_by_role("dialog", name="Get a signing key")).to_be_visible()
    return signed_in


def handed_out() -> int:
    return AuditEvent.objects.filter(action="token.key_handed_out").count()


@pytest.mark.parametrize("browser_page", ["signed_in", "no_js"])
def test_a_key_is_shown_in_the_scheme_chosen(browser_page, request, issued):
    page: Page = request.getfixturevalue(browser_page)
    page.goto(f"/tokens/{issued.token.token_id}/key/")
    page.get_by_label("HTTP Message Signatures (RFC 9421)").check()
    page.get_by_role("button", name="Show the key").click()
    expect(page.get_by_text(KEY)).to_be_visible()
    expect(page.get_by_text(re.compile(rf"^{issued.token.token_id}:\d{{8}}$"))).to_be_visible()
    assert handed_out() == 1
    page.get_by_role("link", name="Close").click()
    expect(page).to_have_url(re.compile(f"/tokens/{issued.token.token_id}/$"))
    page.reload()
    expect(page.get_by_text("Signing key issued")).to_have_count(1)


def test_the_dialog_shows_the_key_in_place_and_closes_without_a_question(dialog):
    dialog.on("dialog", lambda question: pytest.fail(question.message))
    dialog.get_by_role("dialog").get_by_label("HTTP Message Signatures (RFC 9421)").check()
    dialog.get_by_role("button", name="Show the key").click()
    expect(dialog.get_by_role("dialog", name="Signing key", exact=True)).to_be_visible()
    expect(dialog.get_by_role("heading", name="Signing key", exact=True)).to_be_focused()
    expect(dialog.get_by_text(KEY)).to_be_visible()
    dialog.get_by_role("link", name="Close").click()
    expect(dialog.get_by_role("dialog")).to_be_hidden()
    expect(dialog.get_by_text(KEY)).to_have_count(0)
    expect(dialog.get_by_role("link", name="Get a signing key")).to_be_focused()


@pytest.mark.parametrize("role", ["dialog", "main"])
def test_the_key_can_be_copied_and_that_is_announced_where_it_is(dialog, context, role):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    if role == "main":
        # The same address as a page of its own.
        dialog.reload()
    place = dialog.get_by_role(role)
    place.get_by_role("button", name="Show the key").click()
    place.get_by_role("button", name="Copy signing key").click()
    expect(place.get_by_role("status").filter(has_text="Copied: signing key.")).to_have_count(1)
    assert KEY.match(dialog.evaluate("navigator.clipboard.readText()"))


def test_a_reload_of_the_dialog_s_address_hands_out_nothing(dialog):
    dialog.get_by_role("button", name="Show the key").click()
    expect(dialog.get_by_text(KEY)).to_be_visible()
    dialog.reload()
    expect(dialog.get_by_role("heading", name="Get a signing key")).to_be_visible()
    expect(dialog.get_by_text(KEY)).to_have_count(0)
    assert handed_out() == 1


def test_a_disabled_token_gets_the_reason_in_the_dialog(signed_in, alice):
    made = token(alice, disabled=True)
    signed_in.goto(f"/tokens/{made.token_id}/")
    signed_in.get_by_role("link", name="Get a signing key").click()
    expect(signed_in.get_by_role("alert").filter(has_text="Enable it first.")).to_be_visible()
    expect(signed_in.get_by_role("button", name="Show the key")).to_have_count(0)


def test_a_failure_shows_its_reason_and_keeps_the_dialog(dialog, settings):
    settings.TOKEN_KEYS = make_key()
    dialog.get_by_role("button", name="Show the key").click()
    expect(dialog.get_by_role("alert").filter(has_text="The portal cannot open the private password")).to_be_focused()
