"""The page that shows a private password once."""

import base64
import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.concurrency import at_the_same_instant
from tests.factories import issue, token
from tokens import conf
from tokens.domain.secrets.credentials import make_secret
from tokens.domain.secrets.vault import make_key
from tokens.models import AuditEvent, Reveal, SecurityToken, TokenSecret
from tokens.presentation.secret_files import make_csv

SECRET = re.compile(r"snts_[A-Za-z0-9]{38}")
pytestmark = pytest.mark.django_db


def create(client: Client, **fields) -> str:
    response = client.post("/tokens/new/data/", fields)
    assert response.status_code == 303, response.content
    return response["Location"]


@pytest.fixture
def url(alice_client) -> str:
    """The secret page of a token that alice has just created."""
    return create(alice_client, name="Roof", description="=1+1")


class TestWhoSeesIt:
    def test_the_requesting_session_sees_it(self, alice_client, url):
        response = alice_client.get(url)
        assert response.status_code == 200
        assert SECRET.search(response.content.decode())

    def test_it_is_the_secret_that_is_stored(self, alice_client, url):
        shown = SECRET.search(alice_client.get(url).content.decode())[0]
        stored = TokenSecret.objects.get()
        assert conf.get_vault().open(bytes(stored.sealed), token_id=stored.token.token_id) == shown

    def test_an_anonymous_visitor_signs_in_first(self, url):
        response = Client().get(url)
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]

    def test_a_stranger_gets_404_as_for_an_unknown_token(self, bob_client, url):
        assert bob_client.get(url).status_code == 404
        assert bob_client.get("/tokens/unknown/secret/").status_code == 404
        assert bob_client.head(url).status_code == 404

    def test_another_session_of_the_owner_does_not_and_takes_nothing_away(self, alice, alice_client, url):
        other = Client()
        other.force_login(alice)
        assert other.get(url).status_code == 410
        assert alice_client.get(url).status_code == 200

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_other_methods_are_not_allowed(self, alice_client, url, method):
        assert getattr(alice_client, method)(url).status_code == 405

    def test_a_token_made_elsewhere_shows_nothing(self, alice, alice_client):
        made = token(alice)
        assert alice_client.get(f"/tokens/{made.token_id}/secret/").status_code == 410


class TestOnce:
    def test_a_reload_gets_410_with_the_way_to_rotate(self, alice_client, url):
        alice_client.get(url)
        response = alice_client.get(url)
        assert response.status_code == 410
        assert url.replace("secret", "rotate") in response.content.decode()
        assert not SECRET.search(response.content.decode())

    def test_after_ten_minutes_it_is_over(self, alice_client, url):
        Reveal.objects.update(created_at=timezone.now() - timedelta(minutes=10, seconds=1))
        assert alice_client.get(url).status_code == 410

    def test_head_uses_nothing_up_and_returns_the_status_of_get(self, alice_client, url):
        assert alice_client.head(url).status_code == 200
        assert alice_client.get(url).status_code == 200
        assert alice_client.head(url).status_code == 410

    @pytest.mark.parametrize(
        "header",
        [
            {"Sec-Purpose": "prefetch"},
            {"Sec-Purpose": "prefetch;prerender"},
            {"Purpose": "prefetch"},
            {"X-Moz": "prefetch"},
            {"X-Purpose": "preview"},
        ],
    )
    def test_a_prefetch_uses_nothing_up_and_gets_nothing(self, alice_client, url, header):
        response = alice_client.get(url, headers=header)
        assert response.status_code == 503
        assert response.content == b""
        assert alice_client.get(url).status_code == 200

    def test_showing_it_is_in_the_audit_trail_without_it(self, alice_client, url):
        shown = SECRET.search(alice_client.get(url).content.decode())[0]
        events = list(AuditEvent.objects.order_by("pk"))
        assert [event.action for event in events] == ["token.created", "token.shown"]
        assert not any(shown in str(event.detail) for event in events)

    def test_it_is_in_no_session_and_no_cookie(self, alice_client, url):
        shown = SECRET.search(alice_client.get(url).content.decode())[0]
        assert not any(shown in str(value) for value in alice_client.session.items())
        assert shown not in str(alice_client.cookies)

    def test_a_key_that_is_missing_is_explained_and_uses_nothing_up(self, alice_client, url, settings):
        ring = settings.TOKEN_KEYS
        settings.TOKEN_KEYS = make_key()
        assert alice_client.get(url).status_code == 503
        settings.TOKEN_KEYS = ring
        assert alice_client.get(url).status_code == 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_tabs_at_the_same_instant_one_sees_it(alice, alice_client):
    url = create(alice_client)

    def look() -> int:
        client = Client()
        client.cookies = alice_client.cookies
        return client.get(url).status_code

    assert sorted(at_the_same_instant(6, look)) == [200] + [410] * 5


class TestThePage:
    def test_it_is_stored_nowhere_and_sends_no_referrer(self, alice_client, url):
        for _ in range(2):
            response = alice_client.get(url)
            assert "no-store" in response["Cache-Control"]
            assert response["Referrer-Policy"] == "no-referrer"

    def test_it_has_the_words_of_the_contract(self, alice_client, url):
        page = alice_client.get(url).content.decode()
        assert all(word in page for word in ("Security Token", "Private Password", "Heads up!"))

    def test_its_own_ways_out_ask_whether_the_password_is_saved(self, alice_client, url):
        main = alice_client.get(url).content.decode().split("<main")[1].split("</main>")[0]
        assert "data-leave-guard=" in main
        links = re.findall(r'<a [^>]*href="(/[^"]*)"([^>]*)>', main)
        own = url.removesuffix("secret/")
        assert [link for link, _ in links] == [f"{own}delete/", own]
        assert all("data-leaves" in attributes for _, attributes in links)

    def test_htmx_gets_it_without_the_frame(self, alice_client, url):
        page = alice_client.get(url, headers={"HX-Request": "true"}).content.decode()
        assert SECRET.search(page)
        assert "<main" not in page

    def test_the_secret_is_in_no_address_but_those_of_the_downloads(self, alice_client, url):
        page = alice_client.get(url).content.decode()
        shown = SECRET.search(page)[0]
        assert page.count(shown) == 1


class TestTheDownload:
    def rows(self, client, url) -> list[list[str]]:
        page = client.get(url).content.decode()
        encoded = re.search(r"data:text/csv;charset=utf-8;base64,([A-Za-z0-9+/=]+)", page)[1]
        return list(csv.reader(io.StringIO(base64.b64decode(encoded).decode(), newline="")))

    def test_it_has_the_columns_and_the_values(self, alice_client, url):
        made = SecurityToken.objects.get()
        header, row = self.rows(alice_client, url)
        assert header == ["Token Type", "Token ID", "Token Secret", "Name", "Description"]
        assert row[:2] == ["ReadNodeData", made.token_id]
        assert SECRET.fullmatch(row[2])
        assert row[3:] == ["Roof", "'=1+1"]

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n="])
    def test_a_formula_is_made_harmless(self, alice, start):
        issued = issue(alice, name="n")
        issued.token.description = f"{start}cmd|'/C calc'!A0"
        assert f"'{start}cmd" in make_csv(issued.token, make_secret()).decode()

    def test_quotes_commas_and_line_breaks_stay_in_their_cell(self, alice):
        issued = issue(alice, name='a "b", c', description="d\ne")
        text = make_csv(issued.token, make_secret()).decode()
        assert list(csv.reader(io.StringIO(text, newline="")))[1][3:] == ['a "b", c', "d\ne"]
