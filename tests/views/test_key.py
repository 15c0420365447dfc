"""The page that hands out a signing key."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import issue, token
from tests.views.access import AccessRow
from tokens.domain.dates import format_day
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.vault import make_key
from tokens.domain.signing.rfc9421 import keys as rfc9421
from tokens.domain.signing.snws2 import keys as snws2
from tokens.models import AuditEvent, SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle.issuing import Issued
from tokens.services.lifecycle.rotation import Grace, rotate

pytestmark = pytest.mark.django_db
KEY = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture
def issued(alice) -> Issued:
    """A token of alice's."""
    return issue(alice, name="Roof", policy=Policy(node_ids=(101,)))


@pytest.fixture
def url(issued) -> str:
    """Its key page."""
    return f"/tokens/{issued.token.token_id}/key/"


def handed_out() -> int:
    return AuditEvent.objects.filter(action="token.key_handed_out").count()


def text_of(response) -> str:
    # As it is read: without markup and line breaks.
    return " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())


class TestAsking(AccessRow):
    route, methods = "key", ("GET", "POST")


class TestHandingOutAccess(AccessRow):
    route, methods, data = "key", ("POST", "GET"), {"scheme": "snws3"}

    def test_an_administrator_gets_none_of_another_account(self, carol_client, alice):
        assert self.send(carol_client, token(alice).token_id).status_code == 404
        assert handed_out() == 0

    def test_a_form_of_another_site_is_refused(self, alice):
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        assert self.send(client, token(alice).token_id).status_code == 403
        assert handed_out() == 0


class TestThePage:
    def test_it_says_what_a_key_is_what_it_can_do_and_until_when(self, alice_client, url):
        text = text_of(alice_client.get(url))
        assert "A signing key is made from the private password of Roof" in text
        assert "Reads all data, raw data too, of node 101" in text
        assert f"It works until {format_day(timezone.now().date() + timedelta(days=6))} 23:59 UTC: 7 days" in text

    def test_it_says_when_the_token_expires_first(self, alice_client, alice):
        soon = timezone.now() + timedelta(hours=30)
        made = token(alice, policy=Policy(not_after=int(soon.timestamp() * 1000)))
        assert f"{soon:%H:%M} UTC, when the token expires" in text_of(alice_client.get(f"/tokens/{made.token_id}/key/"))

    @pytest.mark.parametrize(("allowed", "words"), [(True, "can fetch the next one"), (False, "cannot fetch the next one")])
    def test_it_says_how_the_program_gets_the_next_one(self, alice_client, alice, allowed, words):
        made = token(alice, policy=Policy(refresh_allowed=allowed))
        assert words in text_of(alice_client.get(f"/tokens/{made.token_id}/key/"))

    def test_it_offers_both_schemes_in_words(self, alice_client, url):
        page = alice_client.get(url).content.decode()
        for value, label in (("snws2", "SNWS2"), ("snws3", "HTTP Message Signatures (RFC 9421)")):
            assert f'name="scheme" value="{value}"' in page
            assert f">{label}</label>" in page

    @pytest.mark.parametrize("grace", [Grace.WEEK, Grace.FIRST_USE])
    def test_under_a_rotation_it_says_which_private_password_the_key_is_made_of(self, alice_client, issued, url, grace):
        rotate(issued.token, grace, actor=Actor("alice"), now=timezone.now())
        text = text_of(alice_client.get(url))
        assert "The key is made from the newest" in text
        assert ("ends the old one" in text) is (grace is Grace.FIRST_USE)

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_opening_it_hands_nothing_out(self, alice_client, url, method):
        response = getattr(alice_client, method)(url, headers={"Sec-Purpose": "prefetch"})
        assert response.status_code == 200
        assert not KEY.search(response.content.decode())
        assert handed_out() == 0

    def test_a_browser_sends_its_origin_with_the_form(self, alice_client, url):
        # "no-referrer" would make it "null", and the POST a 403.
        assert alice_client.get(url)["Referrer-Policy"] == "same-origin"


class TestTheKey:
    @pytest.mark.parametrize(("scheme", "keys"), [("snws2", snws2), ("snws3", rfc9421)])
    def test_is_today_s_in_the_scheme_chosen(self, alice_client, url, issued, scheme, keys):
        expected = keys.signing_key(issued.value, timezone.now().date()).hex()
        assert KEY.findall(alice_client.post(url, {"scheme": scheme}).content.decode()) == [expected]

    def test_is_shown_with_the_keyid_of_message_signatures(self, alice_client, url, issued):
        page = alice_client.post(url, {"scheme": "snws3"}).content.decode()
        assert f">{issued.token.token_id}:{timezone.now():%Y%m%d}</code>" in page

    def test_is_shown_with_its_end(self, alice_client, url):
        last = timezone.now().date() + timedelta(days=6)
        assert f"Works until {format_day(last)} 23:59 UTC" in text_of(alice_client.post(url, {"scheme": "snws2"}))

    def test_is_kept_nowhere_and_its_page_sends_no_referrer(self, alice_client, url):
        response = alice_client.post(url, {"scheme": "snws2"})
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        key = KEY.search(response.content.decode())[0]
        assert key not in f"{alice_client.cookies}{dict(alice_client.session)}{response.headers}"

    def test_is_in_no_log(self, alice_client, url, caplog):
        caplog.set_level(0)
        key = KEY.search(alice_client.post(url, {"scheme": "snws2"}).content.decode())[0]
        assert key not in caplog.text

    def test_the_secret_is_not_shown(self, alice_client, url, issued):
        assert issued.value not in alice_client.post(url, {"scheme": "snws2"}).content.decode()

    def test_each_is_an_entry_of_the_activity_in_words(self, alice_client, url, issued):
        for scheme in ("snws2", "snws3"):
            alice_client.post(url, {"scheme": scheme})
        text = text_of(alice_client.get(f"/tokens/{issued.token.token_id}/"))
        today = timezone.now().date()
        assert text.count("Signing key issued") == 2
        assert f"For {today}, SNWS2." in text
        assert f"For {today}, HTTP Message Signatures (RFC 9421)." in text


class TestNoKey:
    @pytest.mark.parametrize("scheme", ["", "SNWS3", "rfc9421"])
    def test_without_a_choice(self, alice_client, url, scheme):
        response = alice_client.post(url, {"scheme": scheme})
        assert response.status_code == 422
        assert "No key was issued." in text_of(response)
        assert handed_out() == 0

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize(
        ("stored", "words"),
        [
            ({"status": "Disabled"}, "The token is disabled"),
            ({"policy": {"notAfter": 1000}}, "The token is expired"),
            ({"policy": {"planetIds": [1]}}, "The stored policy of the token cannot be read"),
        ],
        ids=["disabled", "expired", "unreadable"],
    )
    def test_for_a_token_that_does_not_work_but_the_reason(self, alice_client, url, method, stored, words):
        SecurityToken.objects.update(**stored)
        response = getattr(alice_client, method)(url, {"scheme": "snws2"})
        assert response.status_code == (409 if method == "post" else 200)
        assert words in text_of(response)
        assert 'name="scheme"' not in response.content.decode()
        assert handed_out() == 0

    def test_where_the_secret_does_not_open_but_whom_to_ask(self, alice_client, url, settings, caplog):
        settings.TOKEN_KEYS = make_key()
        response = alice_client.post(url, {"scheme": "snws2"})
        assert response.status_code == 409
        assert "The portal cannot open the private password" in text_of(response)
        assert "a key is missing from PORTAL_TOKEN_KEYS" in caplog.text
        assert handed_out() == 0

    def test_for_message_signatures_that_cannot_name_the_token(self, alice_client, alice):
        made = token(alice, type=TokenType.DATA)
        SecurityToken.objects.filter(pk=made.pk).update(token_id="a:b")
        page = alice_client.get("/tokens/a:b/key/")
        assert "its identifier has a colon" in text_of(page)
        assert 'value="snws3"' not in page.content.decode()
        assert alice_client.post("/tokens/a:b/key/", {"scheme": "snws3"}).status_code == 422

    def test_of_a_token_deleted_meanwhile(self, alice_client, url, monkeypatch):
        from tokens.services.lifecycle import signing_keys

        def lock(token):
            raise SecurityToken.DoesNotExist

        monkeypatch.setattr(signing_keys, "lock", lock)
        assert alice_client.post(url, {"scheme": "snws2"}).status_code == 404


def test_the_token_s_page_leads_there(alice_client, issued, url):
    assert f'href="{url}"' in alice_client.get(f"/tokens/{issued.token.token_id}/").content.decode()
