"""Authenticator app, passkeys and recovery codes: how they are set up, what they protect, and what is told of them."""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.db import DatabaseError
from django.test import Client, override_settings

from accounts.security import second_factors
from accounts.security.second_factors import SecondFactorAdapter, reseal_all
from tests.accounts.test_proof import let_the_proof_end, next_of
from tests.factories import PASSWORD
from tests.factories import token as make_token
from tokens import conf
from tokens.domain.errors import UnknownKey
from tokens.domain.secrets.vault import make_key
from tokens.models import AuditEvent, Mail, SecurityToken

ACTIVATE = "/accounts/2fa/totp/activate/"
CODE_PAGE = "/accounts/2fa/authenticate/"


def code_of(secret, ahead=0):
    """Return a code that is good for some seconds yet: a slow machine takes a while to send it."""
    left = 30 - time.time() % 30
    if left < 4:
        time.sleep(left)
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + ahead))


def set_up(client):
    """Set an app up; return its secret."""
    page = client.get(ACTIVATE).content.decode()
    secret = re.search(r'id="totp-key">([A-Z2-7]+)<', page)[1]
    response = client.post(ACTIVATE, {"code": code_of(secret)})
    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


@pytest.fixture
def secret(alice_client):
    """The secret of alice's app."""
    return set_up(alice_client)


@pytest.fixture
def codes(alice_client, secret):
    """Alice's recovery codes."""
    return re.findall(r"^\d{8}$", alice_client.get("/accounts/2fa/recovery-codes/download/").content.decode(), re.MULTILINE)


@pytest.fixture
def half_in(alice, secret):
    """A browser that knows alice's password, and nothing else."""
    browser = Client()
    assert browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})["Location"] == CODE_PAGE
    return browser


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


class TestApp:
    def test_the_password_alone_signs_in_no_more(self, half_in):
        assert half_in.get("/tokens/").status_code == 302

    def test_its_code_does(self, half_in, secret):
        assert half_in.post(CODE_PAGE, {"code": code_of(secret)})["Location"] == "/tokens/"
        assert half_in.get("/tokens/").status_code == 200

    def test_a_code_is_taken_once(self, half_in, secret, alice):
        code = code_of(secret)
        half_in.post(CODE_PAGE, {"code": code})
        other = Client()
        other.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        other.post(CODE_PAGE, {"code": code})
        assert other.get("/tokens/").status_code == 302

    def test_a_wrong_code_is_told_and_in_the_activity(self, half_in):
        page = half_in.post(CODE_PAGE, {"code": "000000"}).content.decode()
        assert "Incorrect code" in page
        entry = AuditEvent.objects.get(action="account.sign_in_failed")
        assert entry.detail == {"factor": "second factor"}

    def test_codes_cannot_be_tried_out(self, half_in, secret):
        for _ in range(10):
            half_in.post(CODE_PAGE, {"code": "000000"})
        half_in.post(CODE_PAGE, {"code": code_of(secret)})
        assert half_in.get("/tokens/").status_code == 302

    def test_a_wrong_code_sets_nothing_up(self, alice_client):
        alice_client.get(ACTIVATE)
        assert "Incorrect code" in alice_client.post(ACTIVATE, {"code": "000000"}).content.decode()
        assert not Authenticator.objects.exists()

    def test_it_is_shown_as_a_picture_that_needs_no_other_policy(self, alice_client):
        page = alice_client.get(ACTIVATE).content.decode()
        assert "<svg" in page
        assert "data:image" not in page

    def test_removing_it_takes_the_recovery_codes_too(self, alice_client, secret):
        alice_client.post("/accounts/2fa/totp/deactivate/")
        assert not Authenticator.objects.exists()

    def test_it_is_removed_only_with_a_proof(self, alice_client, secret):
        let_the_proof_end(alice_client)
        response = alice_client.post("/accounts/2fa/totp/deactivate/")
        assert response["Location"].startswith("/accounts/reauthenticate/")
        assert Authenticator.objects.exists()

    def test_its_code_is_a_proof(self, alice_client, alice, secret):
        token = make_token(alice)
        let_the_proof_end(alice_client)
        asked = alice_client.post(f"/tokens/{token.token_id}/delete/")["Location"]
        page = alice_client.get(asked).content.decode()
        other = re.search(r'href="(/accounts/2fa/reauthenticate/[^"]*)"', page)[1].replace("&amp;", "&")
        page = alice_client.get(other).content.decode()
        alice_client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret, 0), "next": next_of(page)})
        assert not SecurityToken.objects.exists()


class TestRecoveryCodes:
    def test_there_are_ten_with_the_first_factor(self, codes):
        assert len(set(codes)) == 10

    def test_each_signs_in_once(self, half_in, codes, alice):
        half_in.post(CODE_PAGE, {"code": codes[0]})
        assert half_in.get("/tokens/").status_code == 200
        other = Client()
        other.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        other.post(CODE_PAGE, {"code": codes[0]})
        assert other.get("/tokens/").status_code == 302

    def test_using_one_is_in_the_activity(self, half_in, codes):
        half_in.post(CODE_PAGE, {"code": codes[0]})
        assert AuditEvent.objects.get(action="account.recovery_code_used").detail["factor"] == "recovery code; 9 left"

    def test_new_ones_end_the_old_ones(self, alice_client, half_in, codes):
        alice_client.post("/accounts/2fa/recovery-codes/generate/")
        half_in.post(CODE_PAGE, {"code": codes[0]})
        assert half_in.get("/tokens/").status_code == 302

    def test_they_are_shown_only_with_a_proof(self, alice_client, codes):
        let_the_proof_end(alice_client)
        page = alice_client.get("/accounts/2fa/recovery-codes/").content.decode()
        assert codes[0] not in page
        download = alice_client.get("/accounts/2fa/recovery-codes/download/")
        assert download["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.django_db(transaction=True)  # django-allauth tells of some changes once they are committed
class TestWhatIsTold:
    def test_changes_are_in_the_activity(self, alice_client, secret):
        alice_client.post("/accounts/2fa/recovery-codes/generate/")
        alice_client.post("/accounts/2fa/totp/deactivate/")
        assert [action for action in actions() if "factor" in action] == [
            "account.factor_added",  # the recovery codes come with the app
            "account.factor_added",
            "account.factor_renewed",
            "account.factor_removed",
            "account.factor_removed",
        ]

    def test_a_change_without_its_entry_is_none(self, alice_client, alice, monkeypatch):
        page = alice_client.get(ACTIVATE).content.decode()
        code = code_of(re.search(r'id="totp-key">([A-Z2-7]+)<', page)[1])
        alice_client.raise_request_exception = False

        def fail(*_: object, **__: object) -> None:
            raise DatabaseError("the disk is full")

        monkeypatch.setattr("tokens.services.audit.AuditEvent.objects.create", fail)
        assert alice_client.post(ACTIVATE, {"code": code}).status_code in {500, 503}
        assert not Authenticator.objects.filter(user=alice).exists()

    def test_the_activity_names_them(self, alice_client, secret):
        page = alice_client.get("/activity/").content.decode()
        assert "Second factor added" in page

    def test_changes_are_mailed(self, alice_client, secret):
        assert set(Mail.objects.values_list("kind", "detail__factor")) == {
            ("account", "authenticator app"),
            ("account", "recovery codes"),
        }

    def test_no_secret_is_in_what_is_told(self, alice_client, secret, codes):
        told = json.dumps([*AuditEvent.objects.values_list("detail", flat=True), *Mail.objects.values_list("detail", flat=True)])
        assert secret not in told
        assert codes[0] not in told


class TestStorage:
    def test_a_stolen_database_makes_no_code(self, secret, codes):
        stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in stored
        assert codes[0] not in stored

    def test_new_keys_take_over(self, secret, settings):
        settings.TOKEN_KEYS = f"{make_key()},{settings.TOKEN_KEYS}"
        assert reseal_all() == (2, 0)
        assert reseal_all() == (0, 0)
        settings.TOKEN_KEYS = settings.TOKEN_KEYS.split(",")[0]
        assert SecondFactorAdapter().decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret

    def test_what_no_key_opens_is_counted(self, secret, settings):
        settings.TOKEN_KEYS = make_key()
        assert reseal_all() == (0, 2)

    def test_a_sealed_password_of_a_token_is_no_factor(self, db):
        sealed = second_factors.base64.b64encode(conf.get_vault().seal("x", token_id="another")).decode()
        with pytest.raises(UnknownKey):
            SecondFactorAdapter().decrypt(sealed)


@pytest.mark.parametrize(
    ("wanted", "who", "is_let_in"),
    [("optional", "carol", True), ("staff", "alice", True), ("staff", "carol", False), ("everyone", "alice", False)],
)
class TestWantedFactor:
    def test_without_one_there_is_only_the_account_s_own_pages(self, request, wanted, who, is_let_in):
        client = request.getfixturevalue(f"{who}_client")
        with override_settings(SECOND_FACTOR=wanted):
            response = client.get("/tokens/")
            assert (response.status_code == 200) is is_let_in
            assert response.headers.get("Location", "/accounts/2fa/") == "/accounts/2fa/"
            assert client.get("/accounts/2fa/").status_code == 200

    def test_with_one_there_is_everything(self, request, wanted, who, is_let_in):
        client = request.getfixturevalue(f"{who}_client")
        set_up(client)
        with override_settings(SECOND_FACTOR=wanted):
            assert client.get("/tokens/").status_code == 200


class TestPasskeyPages:
    @pytest.mark.parametrize(("host", "is_offered"), [("localhost", True), ("127.0.0.1:8000", False), ("[::1]:8000", False)])
    def test_they_are_offered_where_browsers_make_them(self, alice_client, client, host, is_offered):
        page = alice_client.get("/accounts/2fa/", HTTP_HOST=host).content.decode()
        assert ("/accounts/2fa/webauthn/add/" in page) is is_offered
        assert ("for host names only" in page) is not is_offered
        assert ("Use a passkey" in client.get("/accounts/login/", HTTP_HOST=host).content.decode()) is is_offered

    def test_nonsense_from_a_browser_is_refused(self, alice_client):
        for credential in (
            "",
            "{}",
            "[]",
            "null",
            '{"id": 1}',
            '{"id":"a","rawId":"a","response":{},"type":"public-key"}',
            "[" * 5000,
        ):
            response = alice_client.post("/accounts/2fa/webauthn/add/", {"name": "x", "credential": credential})
            assert response.status_code == 200
        assert not Authenticator.objects.exists()

    def test_somebody_else_s_passkey_is_not_there(self, bob_client, alice):
        key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop", "credential": {}})
        for act in ("remove", "edit"):
            assert bob_client.get(f"/accounts/2fa/webauthn/keys/{key.pk}/{act}/").status_code == 404
            assert bob_client.get(f"/accounts/2fa/webauthn/keys/{key.pk + 1}/{act}/").status_code == 404


@pytest.mark.parametrize("path", ["", "totp/activate/", "webauthn/", "webauthn/add/", "reauthenticate/"])
def test_every_page_has_the_product_s_look_and_nothing_inline(alice_client, secret, path):
    html = alice_client.get(f"/accounts/2fa/{path}", HTTP_HOST="localhost", follow=True).content.decode()
    assert "portal/css/page" in html
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "style=" not in html
