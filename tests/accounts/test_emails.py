"""The emails that accounts get: the portal's own words (docs/wording.md), not those of allauth."""

import re

import pytest

from tests.test_wording import AVOIDED

NEW = "Sunrise-over-node-101"
SIGN_OFF = "\n\nSolarNet Portal, testserver"
LINK = re.compile(r"^http://testserver/accounts/\S+$", re.MULTILINE)


@pytest.fixture
def open_to_all(settings):
    settings.SIGNUP_OPEN = True


def sign_up(client, email):
    client.post("/accounts/signup/", {"email": email, "password1": NEW, "password2": NEW})


def reset(client, email):
    client.post("/accounts/password/reset/", {"email": email})


class TestEachEmail:
    def test_an_address_is_confirmed_after_signing_up(self, client, db, open_to_all, mailoutbox):
        sign_up(client, "new@example.org")
        assert mailoutbox[0].subject == "SolarNet Portal: Confirm your email address"
        assert mailoutbox[0].body.startswith("The account new@example.org wants to use this email address.")

    def test_an_address_that_is_added_is_confirmed(self, alice_client, alice, mailoutbox):
        alice_client.post("/accounts/email/", {"action_add": "", "email": "second@example.org"})
        assert mailoutbox[0].to == ["second@example.org"]
        assert mailoutbox[0].body.startswith(f"The account {alice.email} wants to use this email address.")

    def test_a_password_is_reset(self, client, alice, mailoutbox):
        reset(client, alice.email)
        assert mailoutbox[0].subject == "SolarNet Portal: Reset your password"
        assert "your password stays as it is" in mailoutbox[0].body

    def test_an_unknown_address_learns_that_it_has_no_account(self, client, db, mailoutbox):
        reset(client, "nobody@example.org")
        assert mailoutbox[0].subject == "SolarNet Portal: No account has this address"
        assert not LINK.search(mailoutbox[0].body)


@pytest.mark.parametrize(("send", "email"), [(sign_up, "new@example.org"), (reset, "alice@example.org")])
def test_a_link_has_a_line_of_its_own_and_the_portal_signs(client, alice, open_to_all, mailoutbox, send, email):
    send(client, email)
    assert LINK.search(mailoutbox[0].body)
    assert mailoutbox[0].body.endswith(SIGN_OFF)
    assert not AVOIDED.search(mailoutbox[0].body)
