"""`explain_request` in words names what the client got wrong, like the page of the token's owner."""

import json

import pytest
from django.utils import timezone

from tests.commands.conftest import SECRET, document
from tests.factories import issue
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign

FOUND = "Found: what is listed here"


def explain(run, requested):
    return run("explain_request", "-", stdin=json.dumps(requested)).out


def stored(token_id, secret):
    """Return the document of a request whose token is in the database."""
    request = sign(
        SignedRequest("GET", "/x", headers=(("host", "a.example.org"),)), token_id=token_id, secret=secret, now=timezone.now()
    )
    return {"method": "GET", "url": "/x", "headers": dict(request.headers)}


def test_the_cause_is_named(run):
    shown = explain(run, document(secret=SECRET.removeprefix("snts_")))
    assert FOUND in shown
    assert "- Private password: The private password lacks its “snts_”" in shown
    assert SECRET not in shown


def test_an_unknown_cause_is_not_made_up(run):
    assert FOUND not in explain(run, document(secret="snts_wrong"))


def test_a_request_that_is_allowed_has_none(run):
    assert "Found" not in explain(run, document())


def test_what_is_wrong_with_the_headers_is_named(run):
    requested = document()
    requested["headers"]["x-sn-more"] = "1"
    assert "- Missing header: x-sn-more must be signed as well" in explain(run, requested)


@pytest.mark.django_db
def test_the_private_password_of_a_stored_token_is_looked_up(run):
    issued = issue()
    shown = explain(run, stored(issued.token.token_id, f"{issued.value}\n"))
    assert "- Private password: The private password ends with a line break" in shown
    assert issued.value not in shown


@pytest.mark.django_db
def test_an_unknown_token_has_no_cause(run):
    assert FOUND not in explain(run, stored("Zx81aB3dE5fG7hJ9kL0m", SECRET))
