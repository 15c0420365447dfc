import re

import pytest
from django.test import Client

from tests.factories import PASSWORD
from tests.factories import token as make_token

PUBLIC = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nothing/"]
PRIVATE = [
    "/tokens/",
    "/tokens/new/user/",
    "/tokens/new/data/",
    "/tokens/{id}/",
    "/tokens/{id}/edit/",
    "/tokens/{id}/rotate/",
    "/tokens/{id}/delete/",
    "/tokens/{id}/first-use/",
    "/tokens/{id}/try/",
    "/tokens/{id}/secret/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/logout/",
]


@pytest.fixture(params=PUBLIC + PRIVATE)
def response(request, alice_client, client, alice):
    """Every page of the portal."""
    who = alice_client if request.param in PRIVATE else client
    return who.get(request.param.format(id=make_token(alice).token_id))


class TestEveryPage:
    def test_the_policy_allows_nothing_inline_and_no_other_host(self, response):
        directives = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == directives["style-src"] == directives["form-action"] == "'self'"
        assert directives["img-src"] == "'self'"
        assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
        assert "unsafe" not in response["Content-Security-Policy"]

    def test_the_page_contains_nothing_inline(self, response):
        html = response.content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", html)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)

    def test_nothing_comes_from_another_host(self, response):
        html = response.content.decode()
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html)

    def test_no_cache_keeps_it(self, response):
        assert "no-store" in response["Cache-Control"]

    def test_it_cannot_be_framed_or_sniffed_and_sends_no_referrer_to_other_sites(self, response):
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_session_s_cookie_is_out_of_reach_of_scripts(client, alice):
    cookie = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_form_without_its_csrf_token_is_refused(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(f"/tokens/{make_token(alice).token_id}/status/", {"status": "Disabled"}).status_code == 403
