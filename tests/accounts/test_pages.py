import re

import pytest
from allauth.account.models import EmailAddress
from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from tests.factories import PASSWORD, UserFactory
from tokens.models import AuditEvent

NEW = "another long passphrase 42"


@pytest.fixture
def confirmed(alice):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


class TestSignIn:
    def test_by_e_mail_and_password(self, client, alice):
        response = client.post("/accounts/login/", {"login": "ALICE@example.org", "password": PASSWORD})
        assert response["Location"] == "/tokens/"

    def test_it_leads_back_to_where_the_session_was_lost(self, client, alice):
        html = client.get("/accounts/login/?next=/tokens/%3Fdata_page%3D2").content.decode()
        assert 'name="next" value="/tokens/?data_page=2"' in html
        sent = {"login": alice.email, "password": PASSWORD, "next": "/tokens/?data_page=2"}
        assert client.post("/accounts/login/", sent)["Location"] == "/tokens/?data_page=2"

    def test_it_does_not_redirect_to_another_host(self, client, alice):
        sent = {"login": alice.email, "password": PASSWORD, "next": "https://evil.example/"}
        assert client.post("/accounts/login/", sent)["Location"] == "/tokens/"

    @pytest.mark.parametrize("address", ["//[a-z]", "http://[", "//[::1", "\\\\x"])
    def test_an_address_that_cannot_be_read_is_none(self, client, alice, address):
        assert client.get("/accounts/login/", {"next": address}).status_code == 200
        sent = {"login": alice.email, "password": PASSWORD, "next": address}
        assert client.post("/accounts/login/", sent)["Location"] == "/tokens/"

    def test_a_wrong_password_does_not_reveal_whether_the_account_exists(self, client, alice):
        wrong, unknown = (
            client.post("/accounts/login/", {"login": email, "password": "wrong"}).content.decode()
            for email in (alice.email, "x@example.org")
        )
        assert "not correct" in wrong
        assert re.sub("alice|x@|csrf.*", "", wrong).count("not correct") == unknown.count("not correct") == 1

    def test_an_account_that_is_not_active_cannot(self, client, db):
        off = UserFactory(is_active=False)
        response = client.post("/accounts/login/", {"login": off.email, "password": PASSWORD}, follow=True)
        assert not response.context["user"].is_authenticated

    def test_sign_up_is_not_offered_while_it_is_closed(self, client, db):
        assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()

    def test_sign_up_is_offered_if_a_setting_opens_it(self, client, db):
        with override_settings(SIGNUP_OPEN=True):
            assert "/accounts/signup/" in client.get("/accounts/login/").content.decode()
            assert "Create the account" in client.get("/accounts/signup/").content.decode()

    def test_sign_up_says_that_it_is_closed(self, client, db):
        assert "Sign-up is closed" in client.get("/accounts/signup/").content.decode()


class TestLogOut:
    def test_a_get_request_logs_nobody_out(self, alice_client):
        assert "Log out of the portal" in alice_client.get("/accounts/logout/").content.decode()
        assert alice_client.get("/tokens/").status_code == 200

    def test_it_ends_the_session(self, alice_client):
        assert alice_client.post("/accounts/logout/")["Location"] == "/accounts/login/"
        assert alice_client.get("/tokens/").status_code == 302


class TestSecurity:
    def test_the_password_can_be_changed(self, alice_client, alice):
        response = alice_client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
        assert response.status_code == 302
        alice.refresh_from_db()
        assert alice.check_password(NEW)

    def test_a_weak_password_is_rejected_at_its_field(self, alice_client, alice):
        response = alice_client.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "123", "password2": "123"}
        )
        assert 'class="field__errors"' in response.content.decode()

    def test_an_e_mail_address_can_be_added(self, alice_client, confirmed, mailoutbox):
        alice_client.post("/accounts/email/", {"action_add": "", "email": "new@example.org"})
        assert EmailAddress.objects.filter(user=confirmed, email="new@example.org").exists()
        assert "new@example.org" in alice_client.get("/accounts/email/").content.decode()


class TestReset:
    def test_a_link_in_the_mail_leads_to_a_new_password(self, client, confirmed, mailoutbox):
        client.post("/accounts/password/reset/", {"email": confirmed.email})
        link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]
        form = client.get(link, follow=True)
        assert "Choose a new password" in form.content.decode()
        done = client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, follow=True)
        assert "Your password is changed" in done.content.decode()
        confirmed.refresh_from_db()
        assert confirmed.check_password(NEW)

    def test_an_unknown_address_gets_the_same_response(self, client, db):
        response = client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
        assert "Check your email" in response.content.decode()

    def test_a_broken_link_says_what_to_do(self, client, db):
        assert "This link does not work" in client.get("/accounts/password/reset/key/1-broken/").content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_logout",
        "account_signup",
        "account_inactive",
        "account_reauthenticate",
        "account_email",
        "account_email_verification_sent",
        "account_change_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_account_page_has_the_product_s_look(client, alice, name, signed_in):
    if signed_in:
        client.force_login(alice)
    response = client.get(reverse(name), follow=True)
    html = response.content.decode()
    assert response.status_code == 200
    assert "portal/css/page" in html
    assert "<script>" not in html
    assert "Menu:" not in html


class TestServiceAddress:
    url = "/accounts/service/"

    def test_an_anonymous_visitor_is_sent_to_sign_in(self, client, db):
        assert client.get(self.url)["Location"] == f"/accounts/login/?next={self.url}"

    def test_another_method_is_not_allowed(self, alice_client):
        assert alice_client.put(self.url).status_code == 405

    def test_the_owner_sets_their_own_and_it_is_audited(self, alice_client, alice, bob):
        assert alice_client.post(self.url, {"service_url": "https://data.example.org"})["Location"] == self.url
        assert [User.objects.get(pk=user.pk).service_url for user in (alice, bob)] == ["https://data.example.org", ""]
        event = AuditEvent.objects.get()
        assert (event.action, event.actor, event.owner) == ("account.saved", alice, alice)
        assert event.detail == {"before": {"service_url": ""}, "after": {"service_url": "https://data.example.org"}}

    def test_saving_it_unchanged_writes_no_entry(self, alice_client):
        alice_client.post(self.url, {"service_url": ""})
        assert not AuditEvent.objects.exists()

    def test_nothing_else_of_the_account_can_be_set_with_it(self, alice_client, alice):
        alice_client.post(self.url, {"service_url": "", "is_staff": "on", "email": "x@example.org"})
        alice.refresh_from_db()
        assert (alice.is_staff, alice.email) == (False, "alice@example.org")

    @pytest.mark.parametrize("typed", ["data.example.org", "javascript:alert(1)", "https://data.example.org/x"])
    def test_what_is_no_origin_is_refused_and_stays_in_the_field(self, alice_client, alice, typed):
        response = alice_client.post(self.url, {"service_url": typed})
        html = response.content.decode()
        assert response.status_code == 422
        assert "Write scheme and host in lower case" in html
        assert f'value="{typed}"' in html
        alice.refresh_from_db()
        assert alice.service_url == ""

    @pytest.mark.parametrize(("default", "said"), [("https://all.example", "they call https://all.example"), ("", "no data")])
    def test_it_says_what_empty_means(self, alice_client, settings, default, said):
        settings.SERVICE_URL = default
        assert said in alice_client.get(self.url).content.decode()
