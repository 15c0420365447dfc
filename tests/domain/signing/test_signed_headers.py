"""SNWS2, "What must be signed"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.verification import read_request

DATE = "Tue, 24 Nov 2026 09:30:00 GMT"
LATER = "Tue, 24 Nov 2026 09:31:00 GMT"
PATH = "/solarquery/api/v1/sec/nodes"


# Whichever of these a request has. Its date comes on top.
MUST_BE_SIGNED = {
    "host": "data.example.org",
    "content-type": "application/json",
    "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
    "digest": "md5=1B2M2Y8AsgTpgAmY7PhCfg==",
    "x-sn-note": "hello",
    "x-sn-": "",
}
MAY_BE_SIGNED = {"accept": "*/*", "x-sn-date": DATE, "date": LATER, "cookie": "a=b", "content-length": "0", "x-snow": "x"}


def request_with(*headers):
    return SignedRequest("GET", PATH, headers=headers)


def some_of(headers):
    return st.sets(st.sampled_from(sorted(headers))).map(lambda names: {name: headers[name] for name in names})


def test_host_and_date_are_enough(build, authorize, accepts):
    assert accepts(authorize(build(headers=[("accept", "*/*"), ("cookie", "a=b")]), names=["host", "x-sn-date"]))


def test_the_date_header_may_replace_x_sn_date(authorize, accepts):
    assert accepts(authorize(request_with(("host", "data.example.org"), ("date", DATE))))


@pytest.mark.parametrize("date", ["x-sn-date", "date"])
@pytest.mark.parametrize("name", MUST_BE_SIGNED)
def test_a_header_that_must_be_signed_and_is_not_is_a_refusal(authorize, date, name):
    request = request_with(*MUST_BE_SIGNED.items(), (date, DATE))
    names = {*MUST_BE_SIGNED, date} - {name}
    with pytest.raises(MalformedRequest, match=f"must name '{name}' as well"):
        read_request(authorize(request, names=names))


@pytest.mark.parametrize("date", ["x-sn-date", "date"])
def test_the_header_with_the_requests_date_must_be_signed(authorize, date):
    request = request_with(*MUST_BE_SIGNED.items(), (date, DATE))
    with pytest.raises(MalformedRequest, match=f"must name '{date}' as well"):
        read_request(authorize(request, names=MUST_BE_SIGNED))


@given(data=st.data())
def test_a_request_is_accepted_exactly_when_all_that_must_be_signed_is(authorize, accepts, data):
    sent = {"host": MUST_BE_SIGNED["host"], **data.draw(some_of({**MUST_BE_SIGNED, **MAY_BE_SIGNED}))}
    date = "x-sn-date" if "x-sn-date" in sent else "date"
    sent[date] = DATE
    names = data.draw(st.sets(st.sampled_from(sorted(sent)), min_size=1))
    needed = {name for name in sent if name in MUST_BE_SIGNED or name == date}
    assert accepts(authorize(request_with(*sent.items()), names=names)) == (needed <= names)


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


def test_if_both_dates_are_sent_x_sn_date_counts(authorize, now):
    request = authorize(request_with(("host", "data.example.org"), ("x-sn-date", DATE), ("date", LATER)))
    assert read_request(request).date == now


@pytest.mark.parametrize("name", ["x-sn-date", "date"])
def test_white_space_around_the_date_is_no_part_of_it(authorize, accepts, name):
    assert accepts(authorize(request_with(("host", "data.example.org"), (name, f" {DATE}\t"))))


def test_if_both_dates_are_sent_signing_date_alone_is_a_refusal(authorize):
    request = request_with(("host", "data.example.org"), ("x-sn-date", DATE), ("date", LATER))
    with pytest.raises(MalformedRequest, match="x-sn-date"):
        read_request(authorize(request, names=["host", "date"]))


def test_if_both_dates_are_sent_date_need_not_be_signed(authorize, accepts):
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
