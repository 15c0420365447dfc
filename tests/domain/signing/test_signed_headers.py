"""SNWS2, "What must be signed"."""

import pytest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.verification import read_request

DATE = "Tue, 24 Nov 2026 09:30:00 GMT"
LATER = "Tue, 24 Nov 2026 09:31:00 GMT"
PATH = "/solarquery/api/v1/sec/nodes"


def request_with(*headers):
    return SignedRequest("GET", PATH, headers=headers)


def test_host_and_date_are_enough(build, authorize, accepts):
    assert accepts(authorize(build(headers=[("accept", "*/*"), ("cookie", "a=b")]), names=["host", "x-sn-date"]))


def test_the_date_header_may_stand_for_x_sn_date(authorize, accepts):
    assert accepts(authorize(request_with(("host", "data.example.org"), ("date", DATE))))


@pytest.mark.parametrize("name", ["host", "x-sn-date"])
def test_without_host_or_date_signed_a_request_is_refused(build, authorize, name):
    names = {"host", "x-sn-date", "accept"} - {name}
    with pytest.raises(MalformedRequest, match=name):
        read_request(authorize(build(headers=[("accept", "*/*")]), names=names))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", "application/json"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("digest", "md5=1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-sn-note", "hello"),
        ("x-sn-", ""),
    ],
)
def test_a_header_that_must_be_signed_and_is_not_is_a_refusal(build, authorize, name, value):
    with pytest.raises(MalformedRequest, match=name):
        read_request(authorize(build(headers=[(name, value)]), names=["host", "x-sn-date"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", "application/json"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("digest", "md5=1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-sn-note", "hello"),
        ("accept", "*/*"),
    ],
)
def test_a_header_that_is_signed_is_accepted(build, authorize, accepts, name, value):
    assert accepts(authorize(build(headers=[(name, value)])))


def test_a_signed_header_that_the_request_lacks_is_a_refusal(build, authorize):
    with pytest.raises(MalformedRequest, match="lacks the signed header 'accept'"):
        read_request(authorize(build(), names=["host", "x-sn-date", "accept"]))


def test_a_request_without_any_date_is_refused(authorize):
    with pytest.raises(MalformedRequest, match="neither an X-SN-Date nor a Date"):
        read_request(authorize(request_with(("host", "data.example.org"))))


def test_a_request_without_a_host_is_refused(authorize):
    with pytest.raises(MalformedRequest, match="host"):
        read_request(authorize(request_with(("x-sn-date", DATE)), names=["host", "x-sn-date"]))


def test_where_both_dates_are_sent_x_sn_date_counts(authorize, now):
    request = authorize(request_with(("host", "data.example.org"), ("x-sn-date", DATE), ("date", LATER)))
    assert read_request(request).date == now


def test_where_both_dates_are_sent_signing_date_alone_is_a_refusal(authorize):
    request = request_with(("host", "data.example.org"), ("x-sn-date", DATE), ("date", LATER))
    with pytest.raises(MalformedRequest, match="x-sn-date"):
        read_request(authorize(request, names=["host", "date"]))


def test_where_both_dates_are_sent_date_need_not_be_signed(authorize, accepts):
    request = request_with(("host", "data.example.org"), ("x-sn-date", DATE), ("date", LATER))
    assert accepts(authorize(request, names=["host", "x-sn-date"]))


@pytest.mark.parametrize("name", ["host", "x-sn-date", "accept"])
def test_a_signed_header_that_was_sent_twice_is_a_refusal(build, authorize, add_header, name):
    request = authorize(build(headers=[("accept", "*/*")]))
    again = dict(request.headers)[name]
    with pytest.raises(MalformedRequest, match="more than once"):
        read_request(add_header(request, name, again))


def test_an_unsigned_header_may_be_sent_twice(build, authorize, accepts):
    request = build(headers=[("cookie", "a=b"), ("cookie", "c=d")])
    assert accepts(authorize(request, names=["host", "x-sn-date"]))


def test_two_authorization_headers_are_a_refusal(build, authorize, add_header):
    request = authorize(build())
    with pytest.raises(MalformedRequest, match="2 Authorization headers"):
        read_request(add_header(request, "authorization", dict(request.headers)["authorization"]))


def test_a_request_without_an_authorization_header_is_a_refusal(build):
    with pytest.raises(MalformedRequest, match="0 Authorization headers"):
        read_request(build())
