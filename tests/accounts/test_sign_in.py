"""Signing in: where one is signed in, who is slowed down, and what is told."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.security.sessions import stored_key
from tests.accounts.test_second_factors import set_up
from tests.factories import PASSWORD
from tests.factories import token as make_token
from tokens.models import AuditEvent, Mail

NEW = "another long passphrase 42"
HOME, AWAY = "192.0.2.1", "198.51.100.9"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/{} Safari/537.36"
CHROME_140 = CHROME.format("140.0")
SIGNED_FOR_NOTHING = signing.dumps("x", salt="accounts.known-browser")


def sign_in(user, password=PASSWORD, address=HOME, client=CHROME_140, browser=None):
    """Sign in with a browser, a new one if none is given; return it."""
    browser = browser or Client()
    browser.response = browser.post(
        "/accounts/login/", {"login": user.email, "password": password}, REMOTE_ADDR=address, HTTP_USER_AGENT=client
    )
    return browser


def is_in(browser):
    return browser.get("/tokens/").status_code == 200


class TestSessions:
    @pytest.fixture
    def home(self, alice):
        return sign_in(alice)

    @pytest.fixture
    def away(self, alice, home):
        return sign_in(alice, address=AWAY)

    def test_all_are_listed_with_where_they_are(self, home, away):
        page = home.get("/accounts/sessions/").content.decode()
        assert HOME in page
        assert AWAY in page
        assert page.count("This browser") == 1

    def test_the_last_time_there_is_noted_every_five_minutes(self, away):
        before = UserSession.objects.get(ip=AWAY).last_seen_at
        away.get("/tokens/")
        assert UserSession.objects.get(ip=AWAY).last_seen_at == before
        session = away.session
        session["seen_at"] -= 301
        session.save()
        away.get("/tokens/")
        assert UserSession.objects.get(ip=AWAY).last_seen_at > before

    def test_one_can_be_ended(self, home, away, alice):
        other = UserSession.objects.get(ip=AWAY)
        home.post("/accounts/sessions/", {"session": other.pk})
        assert is_in(home)
        assert not is_in(away)
        assert AuditEvent.objects.get(action="account.session_ended").detail == {"count": 1, "addresses": [AWAY]}

    def test_all_others_can_be_ended(self, home, away, alice):
        third = sign_in(alice, address="203.0.113.1")
        home.post("/accounts/sessions/")
        assert [is_in(browser) for browser in (home, away, third)] == [True, False, False]

    def test_one_s_own_stays(self, home):
        home.post("/accounts/sessions/", {"session": UserSession.objects.get().pk})
        assert is_in(home)

    def test_somebody_else_s_is_not_ended(self, home, bob):
        other = sign_in(bob)
        assert home.post("/accounts/sessions/", {"session": UserSession.objects.get(user=bob).pk}).status_code == 302
        assert is_in(other)

    def test_one_that_is_over_is_not_listed(self, home, away):
        away.post("/accounts/logout/")
        assert AWAY not in home.get("/accounts/sessions/").content.decode()

    def test_a_changed_password_ends_the_others(self, home, away):
        home.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
        assert not is_in(away)

    def test_no_list_in_the_database_holds_a_cookie(self, home):
        cookie = home.cookies["sessionid"].value
        assert not UserSession.objects.filter(session_key=cookie).exists()
        assert not Session.objects.filter(session_key=cookie).exists()


class TestGuessing:
    @pytest.fixture(autouse=True)
    def _no_counts(self):
        cache.clear()

    def test_is_refused_after_five_tries_and_says_so(self, alice):
        for _ in range(5):
            sign_in(alice, "wrong", address=AWAY)
        refused = sign_in(alice, address=AWAY).response
        assert refused.status_code == 429
        assert refused["Retry-After"] == "300"
        assert "Too many tries" in refused.content.decode()

    def test_is_refused_from_many_addresses_together(self, alice):
        for number in range(5):
            sign_in(alice, "wrong", address=f"203.0.113.{number}")
        assert sign_in(alice, address="203.0.113.77").response.status_code == 429

    def test_does_not_lock_out_an_address_that_signed_in_before(self, alice):
        sign_in(alice, address=HOME)
        for number in range(6):
            sign_in(alice, "wrong", address=f"203.0.113.{number}")
        assert is_in(sign_in(alice, address=HOME))

    def test_does_not_lock_out_a_browser_that_signed_in_before(self, alice):
        known = sign_in(alice, address=HOME)
        known.post("/accounts/logout/")
        for number in range(6):
            sign_in(alice, "wrong", address=f"203.0.113.{number}")
        assert is_in(sign_in(alice, address="203.0.113.99", browser=known))

    def test_a_known_browser_guesses_no_more_often_than_others(self, alice):
        known = sign_in(alice)
        known.post("/accounts/logout/")
        for _ in range(5):
            sign_in(alice, "wrong", browser=known)
        assert sign_in(alice, browser=known).response.status_code == 429

    @pytest.mark.parametrize(
        "cookie",
        ["", "nonsense", signing.dumps([1, "x"]), SIGNED_FOR_NOTHING],
        ids=["none", "nonsense", "another salt", "no pair"],
    )
    def test_a_made_up_cookie_is_none(self, alice, cookie):
        for number in range(5):
            sign_in(alice, "wrong", address=f"203.0.113.{number}")
        browser = Client()
        browser.cookies["known"] = cookie
        assert sign_in(alice, address=AWAY, browser=browser).response.status_code == 429

    def test_a_browser_known_for_one_account_is_not_for_another(self, alice, bob):
        known = sign_in(bob, address=AWAY)
        known.post("/accounts/logout/")
        for number in range(5):
            sign_in(alice, "wrong", address=f"203.0.113.{number}")
        assert sign_in(alice, address=AWAY, browser=known).response.status_code == 429

    def test_an_unknown_account_is_refused_as_often(self, db):
        class Nobody:
            email = "nobody@example.org"

        for number in range(5):
            sign_in(Nobody, "wrong", address=f"203.0.113.{number}")
        assert sign_in(Nobody, address=AWAY).response.status_code == 429


class TestNewPlaces:
    @pytest.mark.parametrize(
        ("address", "client", "is_told"),
        [
            (HOME, CHROME_140, False),
            ("192.0.2.77", CHROME.format("141.2"), False),
            (AWAY, CHROME_140, True),
            (HOME, "curl/8", True),
        ],
    )
    def test_a_sign_in_from_one_is_mailed(self, alice, address, client, is_told):
        sign_in(alice)
        sign_in(alice, address=address, client=client)
        assert Mail.objects.filter(kind="signed-in").exists() is is_told

    def test_the_first_sign_in_is_nothing_new(self, alice):
        sign_in(alice)
        assert not Mail.objects.exists()


class TestAfterAReset:
    @pytest.fixture
    def reset(self, alice, mailoutbox):
        EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
        sign_in(alice).post("/accounts/logout/")
        make_token(alice, name="Made by somebody")
        browser = Client()
        browser.post("/accounts/password/reset/", {"email": alice.email})
        link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]
        form = browser.get(link, follow=True)
        browser.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
        return browser

    def test_the_owner_is_led_to_what_happened_since(self, reset, alice):
        first = sign_in(alice, NEW)
        assert re.fullmatch(r"/activity/\?since=\d{4}-\d\d-\d\d", first.response["Location"])
        page = first.get(first.response["Location"]).content.decode()
        assert "Check what happened since your last sign-in" in page
        assert "Made by somebody" in page

    def test_only_once(self, reset, alice):
        sign_in(alice, NEW)
        assert sign_in(alice, NEW).response["Location"] == "/tokens/"

    def test_it_is_mailed(self, reset):
        assert Mail.objects.filter(kind="account", detail__action="account.password_reset").exists()


class TestLostFactors:
    def test_an_administrator_removes_them(self, alice_client, alice, carol_client):
        set_up(alice_client)
        carol_client.post("/admin/accounts/user/", {"action": "remove_second_factors", "_selected_action": [alice.pk]})
        assert not Authenticator.objects.exists()
        assert is_in(sign_in(alice))
        assert (
            AuditEvent.objects.filter(owner=alice, action="account.factor_removed", actor_label="carol@example.org").count() == 2
        )

    def test_a_replaced_address_is_told_too(self, alice_client, alice):
        from tokens.presentation.mails.writing import write

        EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
        EmailAddress.objects.create(user=alice, email="new@example.org", verified=True)
        alice_client.post("/accounts/email/", {"action_primary": "", "email": "new@example.org"})
        assert set(write(Mail.objects.select_related("owner").get()).to) == {"new@example.org", "alice@example.org"}


def test_who_signs_up_gets_in_once_the_address_is_confirmed(client, db, settings, mailoutbox):
    settings.SIGNUP_OPEN, settings.ACCOUNT_EMAIL_VERIFICATION = True, "mandatory"
    sent = {"email": "new@example.org", "password1": NEW, "password2": NEW}
    assert client.post("/accounts/signup/", sent)["Location"] == "/accounts/confirm-email/"
    assert not is_in(client)
    user = User.objects.get(email="new@example.org")
    assert not is_in(sign_in(user, NEW))
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", mailoutbox[0].body)[1]
    client.post(link)
    assert is_in(sign_in(user, NEW))


def test_an_account_that_an_operator_has_made_needs_no_confirmation(alice, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert is_in(sign_in(alice))
    assert EmailAddress.objects.get(user=alice).verified


def test_what_is_over_is_dropped_and_what_lives_is_not(alice):
    over, lives = sign_in(alice), sign_in(alice)
    Session.objects.filter(session_key=stored_key(over.cookies["sessionid"].value)).update(expire_date=timezone.now())
    call_command("tidy")
    assert is_in(lives)
    assert UserSession.objects.count() == Session.objects.count() == 1
