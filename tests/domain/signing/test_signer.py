"""The signer: what it adds, what it refuses."""

from dataclasses import replace
from datetime import date

import pytest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.digests import sha256_digest
from tokens.domain.signing.snws2.header import parse_authorization
from tokens.domain.signing.snws2.keys import signing_key
from tokens.domain.signing.snws2.signer import sign, signature_headers
from tokens.domain.signing.snws2.verification import read_request

BARE = SignedRequest("GET", "/a", headers=(("host", "data.example.org"),))
JSON = ("content-type", "application/json")
FORM = ("content-type", "application/x-www-form-urlencoded")


@pytest.fixture(scope="session")
def added(token_id, secret, now):
    """Return the headers that signing adds, by name."""
    return lambda request: dict(signature_headers(request, token_id=token_id, secret=secret, now=now))


def test_a_request_without_a_date_gets_x_sn_date(added):
    assert added(BARE)["x-sn-date"] == "Tue, 24 Nov 2026 09:30:00 GMT"


@pytest.mark.parametrize("name", ["date", "x-sn-date"])
def test_a_date_that_is_there_is_kept(added, add_header, name):
    assert set(added(add_header(BARE, name, "Tue, 24 Nov 2026 09:31:00 GMT"))) == {"authorization"}


def test_a_body_gets_a_digest(added):
    request = SignedRequest("PUT", "/a", headers=(*BARE.headers, JSON), body=b"{}")
    assert added(request)["digest"] == sha256_digest(b"{}")


@pytest.mark.parametrize("body", [b"", None])
def test_no_body_gets_no_digest(added, body):
    assert "digest" not in added(replace(BARE, body=body))


def test_a_form_gets_no_digest(added):
    assert "digest" not in added(SignedRequest("POST", "/a", headers=(*BARE.headers, FORM), body=b"a=1"))


def test_a_digest_that_is_there_is_kept(added):
    headers = (*BARE.headers, ("digest", sha256_digest(b"{}")))
    assert "digest" not in added(SignedRequest("PUT", "/a", headers=headers, body=b"{}"))


def test_everything_is_signed_that_must_be(added):
    headers = (*BARE.headers, JSON, ("x-sn-note", "x"), ("accept", "*/*"))
    authorization = added(SignedRequest("PUT", "/a", headers=headers, body=b"{}"))["authorization"]
    assert parse_authorization(authorization).signed_headers == ("content-type", "digest", "host", "x-sn-date", "x-sn-note")


def test_the_signed_request_is_the_request_with_those_headers_at_the_end(token_id, secret, now, added):
    assert sign(BARE, token_id=token_id, secret=secret, now=now).headers == (*BARE.headers, *added(BARE).items())


def test_a_signing_key_signs_like_the_secret_that_it_came_from(token_id, secret, now):
    by_key = sign(BARE, token_id=token_id, key=signing_key(secret, now.date()), now=now)
    assert by_key == sign(BARE, token_id=token_id, secret=secret, now=now)


def test_an_older_signing_key_signs_too(token_id, secret, now):
    signed = sign(BARE, token_id=token_id, key=signing_key(secret, date(2026, 11, 20)), now=now)
    assert read_request(signed).matches(secret) == KeyUsed(date(2026, 11, 20))


@pytest.mark.parametrize("given", [{}, {"secret": "x", "key": b"x"}])
def test_the_signer_wants_a_secret_or_a_key(token_id, now, given):
    with pytest.raises(ValueError, match="secret or a signing key"):
        sign(BARE, token_id=token_id, now=now, **given)


def test_a_signed_request_is_not_signed_again(token_id, secret, now):
    once = sign(BARE, token_id=token_id, secret=secret, now=now)
    with pytest.raises(ValueError, match="already"):
        sign(once, token_id=token_id, secret=secret, now=now)


@pytest.mark.parametrize("bad", ["", "a,b", "a b", "é", "x" * 65])
def test_a_token_identifier_that_no_header_can_carry_is_refused(bad, secret, now):
    with pytest.raises(MalformedRequest):
        sign(BARE, token_id=bad, secret=secret, now=now)


def test_a_request_without_a_host_is_refused(token_id, secret, now):
    with pytest.raises(MalformedRequest, match="host"):
        sign(SignedRequest("GET", "/a"), token_id=token_id, secret=secret, now=now)


def test_a_header_that_no_request_can_carry_is_refused(add_header, token_id, secret, now):
    with pytest.raises(MalformedRequest):
        sign(add_header(BARE, "x-sn-ü", "x"), token_id=token_id, secret=secret, now=now)
