"""A request that its holder signed and somebody else sends: what becomes of its headers."""

from dataclasses import replace

import pytest

from tokens.domain.signing.presigned import HEADER, has_header, unwrap
from tokens.domain.signing.requests import SignedRequest

DATE = ("x-sn-date", "Tue, 24 Nov 2026 09:30:00 GMT")
HANDED = (HEADER.lower(), "SNWS2 Credential=x")
REQUEST = SignedRequest("GET", "/a", headers=(("host", "data.example.org"), DATE, HANDED), address="192.0.2.7")


def with_headers(*headers):
    return replace(REQUEST, headers=headers)


def test_the_value_takes_the_place_of_authorization():
    expected = (("host", "data.example.org"), DATE, ("authorization", "SNWS2 Credential=x"))
    assert unwrap(REQUEST) == replace(REQUEST, headers=expected)


def test_a_request_without_the_header_is_not_handed_over():
    assert unwrap(with_headers(DATE)) is None


@pytest.mark.parametrize("own", ["SNWS2 Credential=y", "Bearer y", ""])
def test_a_request_with_an_authorization_of_its_own_is_its_senders(own):
    assert unwrap(with_headers(DATE, HANDED, ("authorization", own))) is None


@pytest.mark.parametrize("headers", [(HANDED,), (HANDED, ("date", DATE[1]))])
def test_the_date_must_be_the_holders_own(headers):
    assert unwrap(with_headers(*headers)) is None


def test_two_values_are_both_kept_for_the_scheme_to_refuse():
    unwrapped = unwrap(with_headers(DATE, HANDED, HANDED))
    assert unwrapped is not None
    assert len(unwrapped.header_values("authorization")) == 2


@pytest.mark.parametrize(("headers", "expected"), [((HANDED,), True), ((("x-sn-other", "x"),), False), ((), False)])
def test_the_header_is_seen_whoever_signed(headers, expected):
    assert has_header(with_headers(*headers)) is expected
