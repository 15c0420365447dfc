"""What is wrong with the headers themselves, where a request cannot even be read strictly."""

import pytest

from tests.domain.diagnosis.clients import HOST, HTTP_NOW, NOW, advice, client, diagnose_request
from tokens.domain.diagnosis.schemes import find_scheme_mistake, open_case
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.digests import sha256_digest

DATED = (("host", HOST), ("x-sn-date", HTTP_NOW))


@pytest.mark.parametrize(
    ("changes", "name", "part"),
    [
        ({"headers": (*DATED, ("content-type", "text/plain"))}, "Missing header", "content-type must be signed as well"),
        ({"headers": (*DATED, ("x-sn-more", "1"))}, "Missing header", "x-sn-more must be signed as well"),
        ({"headers": DATED[:1]}, "Date", "neither an X-SN-Date nor a Date"),
        ({"headers": DATED[:1]}, "Missing header", "x-sn-date is signed, but missing from the pasted request"),
        ({"headers": (DATED[0], ("x-sn-date", "2026-11-24T09:30:00Z"))}, "Date", "is not of the form"),
        ({"headers": (DATED[0], ("x-sn-date", "Mon, 24 Nov 2026 09:30:00 GMT"))}, "Date", "wrong day of the week"),
        ({"stated_names": "Host;X-SN-Date"}, "Authorization", "upper-case letters"),
        ({"stated_names": ""}, "Authorization", "has no SignedHeaders="),
        ({"token_id": ""}, "Authorization", "has no Credential="),
        ({"stated_names": "host;x-sn-date, "}, "Authorization", "no other space than the one after SNWS2"),
        ({"body": b"{}", "headers": (*DATED, ("digest", sha256_digest(b"[]")))}, "Digest", "was changed, or not pasted whole"),
        ({"body": b"{}\n", "headers": (*DATED, ("digest", sha256_digest(b"{}")))}, "Digest", "without the newline"),
    ],
)
def test_it_is_named(changes, name, part):
    diagnosis = diagnose_request(client(**changes).request())
    assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)


def test_what_is_missing_is_told_apart_from_the_signature_that_holds():
    diagnosis = diagnose_request(client(headers=(*DATED, ("content-type", "text/plain"))).request())
    assert diagnosis.headline.startswith("The signature itself is right")


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (None, "neither an Authorization nor a Signature-Input header"),
        ("SolarNetworkWS abc:def", "first scheme"),
        ("Basic abc", "Basic authentication"),
        ("Bearer abc", "Bearer authentication"),
        ("[redacted]", "a tool has hidden"),
    ],
)
def test_a_request_that_is_not_signed_is_said_to_be(value, part):
    headers = DATED if value is None else (*DATED, ("authorization", value))
    request = SignedRequest("GET", "/x", headers=headers)
    assert open_case(request, hosts=(), now=NOW) is None
    assert part in find_scheme_mistake(request).advice


@pytest.mark.parametrize("start", ["snws2 ", "SNWS2: ", "  SNWS2\t"])
def test_the_scheme_s_name_is_found_in_other_spellings(start):
    right = client().request()
    value = dict(right.headers)["authorization"].replace("SNWS2 ", start)
    request = SignedRequest("GET", right.path, right.query, (*DATED, ("authorization", value)), hosts=(HOST,))
    assert "Its form is: SNWS2 Credential=" in advice(diagnose_request(request))
