"""What the sender of a request with an HTTP message signature learns from a refusal, at the API and at the gateway."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import issue
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.signer import Signer, sign

API = "/solaruser/api/v1/sec/user/auth-tokens"
PROXY = "192.0.2.1"


@pytest.fixture(autouse=True)
def _trusted(settings):
    settings.TRUSTED_PROXIES = [PROXY]


@pytest.fixture(params=["api", "gateway"])
def send(request):
    """Sign a request to the API's list and send it, to the API itself or through the gateway; with another query if wanted."""

    def signed_headers(issued):
        signer = Signer.of_secret(issued.token.token_id, issued.value)
        bare = SignedRequest("GET", API, headers=(("host", "testserver"),), scheme="http")
        return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sign(bare, signer, now=timezone.now()).headers}

    def to_api(issued, query=""):
        return Client().get(f"{API}{query}", **signed_headers(issued))

    def to_gateway(issued, query=""):
        forwarded = {"METHOD": "GET", "HOST": "testserver", "URI": f"{API}{query}", "PROTO": "http"}
        extra = {f"HTTP_X_FORWARDED_{name}": value for name, value in forwarded.items()}
        return Client().get("/authorize", REMOTE_ADDR=PROXY, **signed_headers(issued), **extra)

    return to_api if request.param == "api" else to_gateway


def test_a_good_signature_passes(send, alice):
    assert send(issue(alice, type=TokenType.USER)).status_code == 200


def test_what_the_signature_does_not_cover_is_named(send, alice):
    response = send(issue(alice, type=TokenType.USER), "?active=true")
    assert response.status_code == 401
    assert "@query" in response["X-SN-ErrorMessage"]
    assert '"@query"' in response["Accept-Signature"]


def test_the_hint_does_not_depend_on_the_token(send, alice):
    known, unknown = issue(alice, type=TokenType.USER), issue(alice, type=TokenType.USER)
    unknown.token.delete()
    first, second = send(known, "?active=true"), send(unknown, "?active=true")
    assert dict(first.items()) == dict(second.items())
    assert first.content == second.content


def test_an_unknown_token_and_a_wrong_key_are_answered_alike(send, alice):
    known, unknown = issue(alice, type=TokenType.USER), issue(alice, type=TokenType.USER)
    unknown.token.delete()
    wrong = send(replace(known, value=unknown.value))
    assert (wrong.status_code, dict(wrong.items()), wrong.content) == (401, dict(send(unknown).items()), send(unknown).content)
    assert "X-SN-ErrorMessage" not in wrong
    assert wrong["WWW-Authenticate"] == "SNWS2"


def test_after_a_good_signature_the_reason_is_given(send, alice):
    response = send(issue(alice, type=TokenType.USER, disabled=True))
    assert response.status_code == 403
    assert response["X-SN-ErrorMessage"] == response.json()["message"]
    assert "Accept-Signature" not in response
