"""Reports of leaked tokens, and whose a private password is."""

import json
import re

import pytest
from django.core.management import call_command

from tests.factories import issue
from tests.factories import token as make_token
from tokens import conf
from tokens.domain.secrets.credentials import make_secret
from tokens.models import AuditEvent, LeakReport, RetiredSecret, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.leaks import reports
from tokens.services.lifecycle import rotation
from tokens.services.lifecycle.rotation import Grace

REPORT = "/report/"
FIND = "/tokens/find/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(alice):
    return issue(alice, name="Roof")


@pytest.fixture
def report(client, django_capture_on_commit_callbacks):
    """Send a report as a person does."""

    def send(value, place=""):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(REPORT, {"value": value, "place": place})

    return send


@pytest.fixture
def scan(client, django_capture_on_commit_callbacks):
    """Send a report as a scanner does."""

    def send(message):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(REPORT, json.dumps(message), content_type="application/json")

    return send


def status(token):
    token.refresh_from_db()
    return token.status


def retire(issued, now):
    rotation.rotate(issued.token, Grace.NONE, actor=Actor(label="x"), now=now)
    return issued.value


class TestReport:
    def test_a_private_password_disables_its_token_and_is_in_the_owner_s_trail(self, report, issued):
        assert report(issued.value, "https://paste.example/1").status_code == 202
        assert status(issued.token) == "Disabled"
        event = AuditEvent.objects.get(action="token.reported")
        assert event.owner_id == issued.token.owner_id
        assert event.detail["place"] == "https://paste.example/1"

    def test_an_identifier_alone_only_tells_the_owner(self, report, issued):
        report(issued.token.token_id)
        assert status(issued.token) == "Active"
        assert AuditEvent.objects.get(action="token.reported").detail["found"] == "identifier"

    def test_a_retired_private_password_only_tells_the_owner(self, report, issued, noon):
        report(retire(issued, noon))
        assert status(issued.token) == "Active"
        assert AuditEvent.objects.filter(action="token.reported").exists()

    def test_the_private_password_is_stored_nowhere(self, client, issued):
        client.post(REPORT, {"value": issued.value, "place": f"found {issued.value} here"})
        row = LeakReport.objects.values().get()
        assert issued.value not in json.dumps(row, default=str)

    def test_the_answer_is_the_same_for_what_does_not_exist(self, report, issued):
        answers = [report(value) for value in (issued.value, make_secret(), issued.token.token_id, "x" * 20)]
        assert {answer.status_code for answer in answers} == {202}
        assert len({re.sub(rb'name="csrf[^>]*', b"", answer.content) for answer in answers}) == 1

    def test_the_answer_takes_the_same_queries_for_what_does_not_exist(self, client, issued, django_assert_num_queries):
        client.post(REPORT, {"value": make_secret()})
        for value in (issued.value, make_secret(), "x" * 20):
            with django_assert_num_queries(3):
                client.post(REPORT, {"value": value})

    @pytest.mark.parametrize("value", ["", "two words", "x" * 65, "snts_" + "a" * 38, "é" * 20])
    def test_what_can_be_neither_is_told(self, report, value):
        assert report(value).status_code == 422
        assert not LeakReport.objects.exists()

    def test_the_form_is_protected_against_other_sites(self, issued):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        assert strict.post(REPORT, {"value": issued.value}).status_code == 403

    def test_what_a_crash_left_behind_is_done_by_the_next_tidy(self, client, issued):
        client.post(REPORT, {"value": issued.value})
        assert status(issued.token) == "Active"
        call_command("tidy")
        assert status(issued.token) == "Disabled"
        assert not LeakReport.objects.exists()

    def test_one_that_is_looked_into_twice_is_done_once(self, report, issued):
        report(issued.value)
        assert reports.look_into_all() == 0
        assert AuditEvent.objects.filter(action="token.reported").count() == 1

    def test_reports_of_one_address_are_limited(self, report, settings):
        settings.RATE_LOOKUPS = 2
        answers = [report("x" * 20) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert int(answers[-1]["Retry-After"]) > 0


class TestScanner:
    def test_sends_many_at_once_in_github_s_shape(self, scan, issued, bob):
        other = make_token(bob)
        entries = [
            {"token": value, "type": "solarnetwork", "url": "https://x", "source": "commit"}
            for value in (issued.value, other.token_id)
        ]
        response = scan(entries)
        assert response.json() == {"success": True, "data": {"received": 2}}
        assert status(issued.token) == "Disabled"
        assert status(other) == "Active"
        assert AuditEvent.objects.filter(action="token.reported").count() == 2

    @pytest.mark.parametrize(
        "message",
        [None, {}, [], [1], [{}], [{"token": 5}], [{"token": "two words"}], [{"token": "x" * 20}] * 101],
        ids=["null", "object", "empty", "number", "no token", "no text", "neither", "too many"],
    )
    def test_is_told_what_is_wrong_and_nothing_is_done(self, scan, message):
        response = scan(message)
        assert response.status_code == 422
        assert response.json()["success"] is False
        assert not LeakReport.objects.exists()

    def test_what_is_no_json_is_told(self, client):
        assert client.post(REPORT, "[", content_type="application/json").status_code == 422

    def test_a_large_message_is_refused(self, client):
        assert client.post(REPORT, "[" + " " * 300_000 + "]", content_type="application/json").status_code == 413

    def test_needs_no_cookie(self, issued):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        assert strict.post(REPORT, json.dumps([{"token": "x" * 20}]), content_type="application/json").status_code == 202


class TestFind:
    def ask(self, client, value):
        return client.post(FIND, {"password": value})

    def test_names_the_token_of_a_private_password_that_works(self, alice_client, issued):
        html = self.ask(alice_client, issued.value).content.decode()
        assert issued.token.token_id in html
        assert f'href="/tokens/{issued.token.token_id}/rotate/"' in html
        assert issued.value not in html

    def test_names_the_token_of_a_retired_one(self, alice_client, issued, noon):
        html = self.ask(alice_client, retire(issued, noon)).content.decode()
        assert "an old private password" in html
        assert "no longer signs requests" in html

    def test_another_account_s_is_as_unknown_as_any(self, bob_client, issued):
        foreign, unknown = (self.ask(bob_client, value).content for value in (issued.value, make_secret()))
        assert b"It belongs to none of your tokens." in unknown
        assert issued.token.token_id.encode() not in foreign
        assert len(foreign) == len(unknown)

    @pytest.mark.parametrize("value", ["", "hunter2", "snts_" + "a" * 38])
    def test_what_this_portal_never_made_is_told(self, alice_client, value):
        assert self.ask(alice_client, value).status_code == 422

    def test_opens_no_sealed_box(self, alice_client, issued, monkeypatch):
        monkeypatch.setattr("tokens.domain.secrets.vault.Vault.open", None)
        assert self.ask(alice_client, issued.value).status_code == 200

    def test_questions_are_limited(self, alice_client, settings):
        settings.RATE_LOOKUPS = 1
        assert [self.ask(alice_client, make_secret()).status_code for _ in range(2)] == [200, 429]

    def test_is_not_kept_by_browsers(self, alice_client, issued):
        assert "no-store" in self.ask(alice_client, issued.value)["Cache-Control"]

    def test_a_visitor_is_asked_to_sign_in(self, client):
        assert client.get(FIND).status_code == 302


class TestFingerprints:
    def test_say_nothing_without_the_key(self, issued):
        import hashlib

        stored = TokenSecret.objects.get().fingerprint
        assert len(stored) == 64
        assert stored != hashlib.sha256(issued.value.encode()).hexdigest()

    def test_of_an_older_key_still_find(self, issued, settings):
        from tokens.domain.secrets.vault import make_key

        settings.TOKEN_KEYS = f"{make_key()},{settings.TOKEN_KEYS}"
        assert TokenSecret.objects.get().fingerprint in conf.get_fingerprinter().make_all(issued.value)
        assert TokenSecret.objects.get().fingerprint != conf.get_fingerprinter().make(issued.value)

    def test_missing_ones_are_made_by_re_encryption(self, issued):
        TokenSecret.objects.update(fingerprint="")
        call_command("reencrypt_secrets")
        assert TokenSecret.objects.get().fingerprint == conf.get_fingerprinter().make(issued.value)

    def test_go_with_their_token(self, issued, noon):
        retire(issued, noon)
        SecurityToken.objects.all().delete()
        assert not RetiredSecret.objects.exists()
