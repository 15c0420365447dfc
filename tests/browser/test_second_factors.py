"""Two-step sign-in, passkeys (with a virtual authenticator), sessions and proofs of identity, as a person meets them."""

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.security.sessions import SessionStore
from tests.accounts.test_second_factors import code_of, set_up
from tests.browser.rows import action
from tests.browser.test_accessibility import PHONE, WIDE, findings
from tests.factories import PASSWORD
from tests.factories import token as make_token
from tokens.models import AuditEvent, SecurityToken

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FACTORS = "/accounts/2fa/"
RECORDS = "account_authentication_methods"


def session_of(page: Page) -> SessionBase:
    cookie = next(one["value"] for one in page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)
    return SessionStore(cookie)


def let_the_proof_end(page: Page) -> None:
    session = session_of(page)
    for record in session[RECORDS]:
        record["at"] -= 600
    session.save()


def sign_in_by_password(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def authenticator(context: BrowserContext, page: Page):
    """A device that makes passkeys and whose owner always agrees; returns what changes that."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**kind, "isUserVerified": True, "automaticPresenceSimulation": True}
    device = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def verify(does: bool) -> None:
        devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": does})

    return verify


def add_passkey(page: Page, name: str = "Laptop") -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("The passkey is added.")).to_be_visible()


class TestApp:
    def test_is_set_up_and_asked_for_and_removed(self, page_of_alice, alice):
        page = page_of_alice
        page.goto(FACTORS)
        page.get_by_role("link", name="Set up an app").click()
        secret = page.locator("#totp-key").inner_text()
        page.get_by_label("Authenticator code").fill(code_of(secret))
        page.get_by_role("button", name="Turn on").click()
        codes = page.locator("pre").inner_text().split()
        assert len(codes) == 10

        page.context.clear_cookies()
        sign_in_by_password(page, alice.email)
        expect(page.get_by_role("heading", name="Second step")).to_be_visible()
        page.get_by_label("Code").fill(codes[0])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Security Tokens")).to_be_visible()

        page.goto(FACTORS)
        expect(page.get_by_text("9 codes left")).to_be_visible()
        page.get_by_role("link", name="Remove the app").click()
        page.get_by_role("button", name="Remove the app").click()
        expect(page.get_by_text("The authenticator app is removed.")).to_be_visible()
        assert not Authenticator.objects.exists()

    def test_a_wrong_code_is_told_at_its_field(self, page_of_alice):
        page_of_alice.goto("/accounts/2fa/totp/activate/")
        page_of_alice.get_by_label("Authenticator code").fill("000000")
        page_of_alice.get_by_role("button", name="Turn on").click()
        expect(page_of_alice.get_by_label("Authenticator code")).to_have_attribute("aria-invalid", "true")


@pytest.mark.usefixtures("authenticator")
class TestPasskeys:
    def test_one_signs_in_without_the_password(self, signed_in, context):
        add_passkey(signed_in)
        context.clear_cookies()
        signed_in.goto("/accounts/login/")
        signed_in.get_by_role("button", name="Use a passkey").click()
        expect(signed_in.get_by_role("heading", name="Security Tokens")).to_be_visible()

    def test_it_leads_to_where_one_wanted(self, signed_in, context):
        add_passkey(signed_in)
        context.clear_cookies()
        signed_in.goto("/nodes/")
        signed_in.get_by_role("button", name="Use a passkey").click()
        expect(signed_in.get_by_role("heading", name="Nodes")).to_be_visible()

    def test_one_is_the_second_step(self, signed_in, context, alice):
        add_passkey(signed_in)
        context.clear_cookies()
        sign_in_by_password(signed_in, alice.email)
        signed_in.get_by_role("button", name="Use a passkey").click()
        expect(signed_in.get_by_role("heading", name="Security Tokens")).to_be_visible()

    def test_one_proves_who_is_there(self, signed_in, alice):
        add_passkey(signed_in)
        token = make_token(alice, name="Roof")
        let_the_proof_end(signed_in)
        signed_in.goto(f"/tokens/{token.token_id}/rotate/")
        signed_in.get_by_role("button", name="Rotate").click()
        signed_in.get_by_role("link", name="Use a passkey").click()
        signed_in.get_by_role("button", name="Use a passkey").click()
        expect(signed_in.get_by_text("Private Password", exact=True).first).to_be_visible()

    def test_it_is_renamed_and_removed(self, signed_in):
        add_passkey(signed_in)
        signed_in.goto("/accounts/2fa/webauthn/")
        signed_in.get_by_role("link", name="Rename Laptop").click()
        signed_in.get_by_label("Name").fill("Blue key")
        signed_in.get_by_role("button", name="Save").click()
        signed_in.get_by_role("link", name="Remove Blue key").click()
        signed_in.get_by_role("button", name="Remove the passkey").click()
        expect(signed_in.get_by_text("You have no passkeys.")).to_be_visible()

    def test_what_the_browser_refuses_is_told(self, signed_in, authenticator):
        authenticator(False)
        signed_in.goto("/accounts/2fa/webauthn/add/")
        signed_in.get_by_role("button", name="Add the passkey").click()
        expect(signed_in.get_by_text("The browser made no passkey")).to_be_visible()

    def test_a_second_device_is_not_needed_twice(self, signed_in):
        add_passkey(signed_in)
        signed_in.goto("/accounts/2fa/webauthn/add/")
        signed_in.get_by_role("button", name="Add the passkey").click()
        # The device has one for here already, and says so.
        expect(signed_in.get_by_text("The browser made no passkey")).to_be_visible()


class TestWithoutJavaScript:
    def test_a_passkey_says_what_it_needs(self, no_js):
        no_js.goto("/accounts/2fa/webauthn/add/")
        expect(no_js.locator("noscript p")).to_be_visible()
        expect(no_js.get_by_role("button", name="Add the passkey")).to_be_hidden()

    def test_sign_in_offers_none(self, no_js):
        no_js.context.clear_cookies()
        no_js.goto("/accounts/login/")
        expect(no_js.get_by_role("button", name="Use a passkey")).to_be_hidden()


class TestProof:
    def test_a_filled_form_survives_it(self, page_of_alice):
        page = page_of_alice
        page.goto("/tokens/new/data/")
        page.get_by_label("Name").first.fill("Dashboard")
        let_the_proof_end(page)
        page.get_by_role("button", name="Generate Security Token").click()
        expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
        assert not SecurityToken.objects.exists()
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Private Password", exact=True).first).to_be_visible()
        assert SecurityToken.objects.get().name == "Dashboard"

    def test_a_dialog_is_left_for_it_and_its_act_done(self, signed_in, alice):
        make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        let_the_proof_end(signed_in)
        action(signed_in, "Delete Roof").click()
        dialog = signed_in.get_by_role("dialog")
        dialog.get_by_label("To delete it").fill("Roof")
        dialog.get_by_role("button", name="Delete for good").click()
        signed_in.get_by_label("Password").fill(PASSWORD)
        signed_in.get_by_role("button", name="Continue").click()
        expect(signed_in.get_by_text("“Roof” is deleted.")).to_be_visible()

    def test_disabling_at_night_asks_nothing(self, signed_in, alice):
        make_token(alice, name="Roof")
        signed_in.goto("/tokens/")
        let_the_proof_end(signed_in)
        action(signed_in, "Disable Roof").click()
        expect(signed_in.get_by_role("button", name="Enable again")).to_be_visible()


class TestSessions:
    def test_another_one_is_ended(self, page_of_alice, alice):
        other = Client()
        other.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}, REMOTE_ADDR="203.0.113.5")
        page_of_alice.goto("/accounts/sessions/")
        page_of_alice.get_by_role("button", name="End the session from 203.0.113.5").click()
        expect(page_of_alice.get_by_text("The session has ended.")).to_be_visible()
        assert other.get("/tokens/").status_code == 302
        assert AuditEvent.objects.filter(action="account.session_ended").exists()


PLACES = {
    "overview": FACTORS,
    "app": "/accounts/2fa/totp/deactivate/",
    "passkeys": "/accounts/2fa/webauthn/",
    "a new passkey": "/accounts/2fa/webauthn/add/",
    "codes": "/accounts/2fa/recovery-codes/",
    "new codes": "/accounts/2fa/recovery-codes/generate/",
    "proof by code": "/accounts/2fa/reauthenticate/",
    "proof by passkey": "/accounts/2fa/webauthn/reauthenticate/",
    "sessions": "/accounts/sessions/",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("authenticator")
def test_axe_finds_nothing(signed_in, alice, scheme):
    browser = Client()
    browser.force_login(alice)
    set_up(browser)
    add_passkey(signed_in)
    signed_in.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    problems = {}
    for place, path in PLACES.items():
        signed_in.goto(path)
        for size in (WIDE, PHONE):
            signed_in.set_viewport_size(size)
            problems[f"{place}, {size['width']} px"] = findings(signed_in)
    signed_in.context.clear_cookies()
    sign_in_by_password(signed_in, alice.email)
    problems["second step"] = findings(signed_in)
    assert {place: found for place, found in problems.items() if found} == {}
