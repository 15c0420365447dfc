"""What takes a proof of identity from within the last 10 minutes (SPEC, "Promises"), and the way there and back."""

import json
import re

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.sessions.models import Session
from django.urls import reverse

from tests.factories import PASSWORD, UserFactory
from tests.factories import token as make_token
from tokens.domain.policies.policy import Policy
from tokens.models import AuditEvent, MailChoice, SecurityToken
from tokens.services.mails.kinds import Kind

ALL_MAILS = [kind.value for kind in Kind]


def let_the_proof_end(client, seconds=600):
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= seconds
    session.save()


@pytest.fixture
def stale(alice_client):
    """Alice's browser, 10 minutes after she signed in."""
    let_the_proof_end(alice_client)
    return alice_client


@pytest.fixture
def token(alice):
    return make_token(alice, name="Roof", policy=Policy(node_ids=(101,), source_ids=("/a",)))


def path(token, act):
    return reverse(f"tokens:{act}", args=[token.token_id])


def with_sources(sources):
    same = {"name": "Roof", "description": "", "node_ids": ["101"], "source_ids": sources, "api_paths": "", "not_after": ""}
    return {**same, "min_aggregation": "None", "node_metadata_paths": "", "user_metadata_paths": ""}


# What is sent, and what is there once it is done.
ACTS = {
    "create": (
        lambda token: "/tokens/new/user/",
        lambda token: {"name": "New"},
        lambda: SecurityToken.objects.filter(name="New"),
    ),
    "rotate": (lambda token: path(token, "rotate"), lambda token: {"grace": "24h"}, lambda: entries("token.rotated")),
    "delete": (lambda token: path(token, "delete"), lambda token: {}, lambda: entries("token.deleted")),
    "delete several": (
        lambda token: "/tokens/bulk/",
        lambda token: {"action": "delete", "token": [token.token_id], "confirm": "1", "confirmation": "1"},
        lambda: entries("token.deleted"),
    ),
    "hand out a key": (
        lambda token: path(token, "key"),
        lambda token: {"scheme": "snws2"},
        lambda: entries("token.key_handed_out"),
    ),
    "widen": (lambda token: path(token, "edit"), lambda token: with_sources("/a\n/b"), lambda: entries("token.edited")),
    "switch mails off": (
        lambda token: "/accounts/notices/",
        lambda token: {"mails": ALL_MAILS[1:]},
        lambda: MailChoice.objects.all(),
    ),
}


def entries(action):
    return AuditEvent.objects.filter(action=action)


@pytest.mark.parametrize("act", ACTS)
class TestActs:
    def test_it_is_done_shortly_after_signing_in(self, alice_client, token, act):
        to, fields, done = ACTS[act]
        alice_client.post(to(token), fields(token))
        assert done().exists()

    def test_later_it_is_not_done_but_leads_to_the_proof(self, stale, token, act):
        to, fields, done = ACTS[act]
        response = stale.post(to(token), fields(token))
        assert response.status_code == 303
        assert response["Location"].startswith("/accounts/reauthenticate/?next=%2F")
        assert not done().exists()

    def test_the_proof_goes_on_with_it(self, stale, token, act):
        to, fields, done = ACTS[act]
        asked = stale.post(to(token), fields(token))["Location"]
        page = stale.get(asked).content.decode()
        assert "it goes on right after" in page
        proved = stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": next_of(page)})
        assert proved.status_code in {200, 302, 303}
        assert done().exists()

    def test_a_wrong_password_proves_nothing(self, stale, token, act):
        to, fields, done = ACTS[act]
        page = stale.get(stale.post(to(token), fields(token))["Location"]).content.decode()
        stale.post("/accounts/reauthenticate/", {"password": "wrong", "next": next_of(page)})
        assert not done().exists()


def next_of(page):
    return re.search(r'name="next" value="([^"]*)"', page)[1].replace("&amp;", "&")


class TestWithoutProof:
    def test_narrowing_is_done(self, stale, token):
        stale.post(path(token, "edit"), with_sources("/a") | {"not_after": "2099-01-01"})
        assert entries("token.edited").exists()

    def test_disabling_is_done(self, stale, token):
        stale.post(path(token, "status"), {"status": "Disabled"})
        assert SecurityToken.objects.get().status == "Disabled"

    def test_switching_mails_on_is_done(self, stale, alice):
        MailChoice.objects.create(owner=alice, off=ALL_MAILS)
        stale.post("/accounts/notices/", {"mails": ALL_MAILS})
        assert MailChoice.objects.get().off == []

    def test_what_is_wrong_with_a_form_is_told_first(self, stale, token):
        assert stale.post("/tokens/new/user/", {"name": "x" * 200}).status_code == 422

    def test_an_account_that_has_nothing_to_prove_it_with_is_not_asked(self, client, db):
        user = UserFactory(password=None)
        client.force_login(user)
        let_the_proof_end(client)
        client.post("/tokens/new/user/", {"name": "New"})
        assert SecurityToken.objects.filter(owner=user).exists()


class TestTheWay:
    def test_nine_minutes_are_fresh_enough(self, alice_client):
        let_the_proof_end(alice_client, 540)
        assert "/secret/" in alice_client.post("/tokens/new/user/", {"name": "New"})["Location"]

    def test_a_clock_that_was_set_back_proves_nothing(self, alice_client):
        let_the_proof_end(alice_client, -3600)
        assert "reauthenticate" in alice_client.post("/tokens/new/user/", {"name": "New"})["Location"]

    def test_it_leads_back_to_the_page_of_the_form(self, stale):
        sent = {"HTTP_REFERER": "http://testserver/tokens/?q=roof"}
        assert stale.post("/tokens/new/user/", {"name": "New"}, **sent)["Location"].endswith("?next=%2Ftokens%2F%3Fq%3Droof")

    def test_a_dialog_is_left_for_it(self, stale):
        response = stale.post("/tokens/new/user/", {"name": "New"}, HTTP_HX_REQUEST="true")
        assert response.headers["HX-Redirect"].startswith("/accounts/reauthenticate/")

    def test_another_proof_does_not_do_what_was_turned_away_from(self, stale, token):
        stale.post(path(token, "delete"))
        response = stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"})
        assert response["Location"] == "/accounts/2fa/totp/activate/"
        assert SecurityToken.objects.exists()

    def test_a_proof_for_nothing_leads_to_the_list_and_does_nothing(self, stale, token):
        stale.post(path(token, "delete"))
        response = stale.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert (response.status_code, response["Location"]) == (302, "/tokens/")
        assert SecurityToken.objects.exists()

    def test_after_half_an_hour_it_is_not_done_any_more(self, stale, token):
        page = stale.get(stale.post(path(token, "delete"))["Location"]).content.decode()
        session = stale.session
        session["account_reauthentication_state"]["state"]["at"] -= 1801
        session.save()
        stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": next_of(page)})
        assert SecurityToken.objects.exists()

    def test_it_is_done_once(self, stale, token):
        page = stale.get(stale.post(path(token, "rotate"), {"grace": "24h"})["Location"]).content.decode()
        for _ in range(2):
            stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": next_of(page)})
        assert entries("token.rotated").count() == 1

    def test_what_waits_has_no_cookie_and_no_csrf_token_in_it(self, stale, token):
        stale.post(path(token, "rotate"), {"grace": "24h", "csrfmiddlewaretoken": "c" * 32})
        kept = json.dumps(dict(stale.session))
        assert stale.cookies["sessionid"].value not in kept
        assert "c" * 32 not in kept

    def test_a_password_is_never_kept(self, stale, alice):
        alice.set_unusable_password()
        stale.post("/accounts/password/set/", {"password1": "another long passphrase", "password2": "another long passphrase"})
        assert "another long" not in json.dumps(dict(stale.session))

    def test_an_administrator_is_asked_too(self, carol_client, token):
        let_the_proof_end(carol_client)
        response = carol_client.post(f"/admin/tokens/securitytoken/{token.pk}/delete/", {"post": "yes"})
        assert response["Location"].startswith("/accounts/reauthenticate/")
        page = carol_client.get(response["Location"]).content.decode()
        carol_client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": next_of(page)})
        assert not SecurityToken.objects.exists()


class TestStoredSessions:
    def test_the_database_holds_no_cookie(self, alice_client):
        alice_client.get("/tokens/")
        cookie = alice_client.cookies["sessionid"].value
        assert cookie not in {session.session_key for session in Session.objects.all()}

    def test_a_stored_key_signs_nobody_in(self, alice_client, client):
        client.cookies["sessionid"] = Session.objects.get().session_key
        assert client.get("/tokens/").status_code == 302

    def test_a_made_up_key_is_not_taken_over(self, client, db):
        client.cookies["sessionid"] = "a" * 32
        client.post("/accounts/login/", {"login": "x@example.org", "password": "x"})
        assert client.cookies["sessionid"].value != "a" * 32 or not Session.objects.exists()
