"""The registry of signing schemes: which one a request is signed with."""

import pytest

from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import CHALLENGE, find_scheme


def _with_authorization(*values):
    return SignedRequest("GET", "/", headers=tuple(("authorization", value) for value in values))


def test_snws2_is_found_by_its_header():
    scheme = find_scheme(_with_authorization("SNWS2 Credential=x"))
    assert scheme is not None
    assert scheme.name == "SNWS2"


@pytest.mark.parametrize("header", ["", "Bearer x", "snws2 Credential=x", "SNWS2Credential", " SNWS2", "Signature x", "\ud800"])
def test_another_header_has_no_scheme(header):
    assert find_scheme(_with_authorization(header)) is None


@pytest.mark.parametrize("header", ["Bearer x", "snws2 Credential=x", "Basic", ""])
def test_beside_another_authorization_a_message_signature_counts(header):
    request = SignedRequest("GET", "/", headers=(("authorization", header), ("signature-input", "sn=()")))
    scheme = find_scheme(request)
    assert scheme is not None
    assert scheme.name == "RFC 9421"


def test_beside_snws2_a_message_signature_does_not_count():
    request = SignedRequest(
        "GET", "/", headers=(("signature-input", "sn=()"), ("authorization", "SNWS2 x"), ("signature", "sn=::"))
    )
    scheme = find_scheme(request)
    assert scheme is not None
    assert scheme.name == "SNWS2"


def test_a_signature_without_its_input_has_no_scheme():
    assert find_scheme(SignedRequest("GET", "/", headers=(("signature", "sn=::"),))) is None


def test_a_request_without_the_header_has_no_scheme():
    assert find_scheme(_with_authorization()) is None


def test_the_challenge_names_every_scheme_of_the_authorization_header():
    assert CHALLENGE == "SNWS2"


def test_a_scheme_reads_and_checks(build, authorize, secret, now):
    request = authorize(build())
    scheme = find_scheme(request)
    assert scheme is not None
    assert scheme.read(request).matches(secret) == KeyUsed(now.date())
