"""SNWS2, "Canonical request"."""

from dataclasses import replace
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.canonical import canonical_query, is_form_post
from tokens.domain.signing.snws2.verification import read_request

FORM = ("content-type", "application/x-www-form-urlencoded")
# All but the tab.
CONTROL_CHARACTERS = [chr(code) for code in (*range(9), *range(10, 32), 127)]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&b=0&a=1", "a=2&a=1&b=0"),
        ("a", "a="),
        ("a&b=", "a=&b="),
        ("=x", "=x"),
        ("a=b=c", "a=b%3Dc"),
        ("&a=1&&b=2&", "a=1&b=2"),
        ("a=%2f", "a=%2F"),
        ("a=/:@", "a=%2F%3A%40"),
        ("a=%61%7E%2D%2E%5F", "a=a~-._"),
        ("a=-._~", "a=-._~"),
        ("a=x+y", "a=x%20y"),
        ("a=x%20y", "a=x%20y"),
        ("a=x%2By", "a=x%2By"),
        ("a=!'()*", "a=%21%27%28%29%2A"),
        ("a=100%", "a=100%25"),
        ("a=%zz", "a=%25zz"),
        ("a=%00", "a=%00"),
        ("a=;b", "a=%3Bb"),
        ("a=%c3%a9", "a=%C3%A9"),
        ("a=é", "a=%C3%A9"),
        ("a=e%CC%81", "a=e%CC%81"),
        ("é=1&z=2", "z=2&%C3%A9=1"),
        ("%F0%9F%8C%9E=1&%EF%BC%A1=2", "%EF%BC%A1=2&%F0%9F%8C%9E=1"),
        ("a%20=1&a!=2", "a%20=1&a%21=2"),
        ("%62=2&a%61=1", "aa=1&b=2"),
        ("a%25=1", "a%25=1"),
        ("a%2520=%2520", "a%2520=%2520"),
        ("B=2&a=1", "B=2&a=1"),
    ],
)
def test_the_canonical_query(query, canonical):
    assert canonical_query(query) == canonical


@pytest.mark.parametrize("query", ["a=%ff", "%c3=1", "a=%C3%28", "a=%ED%A0%80", "a=\ud800", "\udcff=1", "a=%C0%AF"])
def test_a_query_that_is_not_utf_8_is_malformed(query):
    with pytest.raises(MalformedRequest, match="UTF-8"):
        canonical_query(query)


@pytest.mark.parametrize("place", ["a={}", "{}=a"])
def test_every_ascii_character_has_one_spelling(place):
    escapes = [f"%{code:02X}" for code in range(128)]
    expected = [place.format(quote(chr(code), safe="")) for code in range(128)]
    assert [canonical_query(place.format(escape)) for escape in escapes] == expected


def test_a_form_that_is_not_utf_8_is_malformed():
    with pytest.raises(MalformedRequest, match="UTF-8"):
        canonical_query("", b"a=\xff")


def test_many_parameters_are_read():
    assert canonical_query("&".join(["a"] * 10_000)).count("=") == 10_000


def test_too_many_parameters_are_malformed():
    with pytest.raises(MalformedRequest, match="parameters"):
        canonical_query("&".join(["a"] * 10_001))


def test_a_forms_parameters_come_after_the_querys_of_the_same_name():
    assert canonical_query("b=1&a=2", b"a=1&c=%2B+") == "a=2&a=1&b=1&c=%2B%20"


@given(st.text(alphabet="ab%2fFcC3aA9+&=~.é/ ", max_size=40))
def test_the_canonical_query_is_what_parsing_and_quoting_give(query):
    try:
        parameters = parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeError:
        with pytest.raises(MalformedRequest):
            canonical_query(query)
        return
    parameters.sort(key=lambda pair: pair[0])
    assert canonical_query(query) == "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters)


@given(st.text(max_size=60))
def test_canonical_is_a_fixed_point(query):
    try:
        once = canonical_query(query)
    except MalformedRequest:
        return
    assert canonical_query(once) == once


@pytest.mark.parametrize(
    "content_type",
    [FORM[1], f"{FORM[1]}; charset=UTF-8", f"{FORM[1]} ;charset=utf-8", "Application/X-WWW-Form-URLEncoded"],
)
def test_a_form_post_is_known_by_its_type(content_type):
    assert is_form_post("POST", content_type)


@pytest.mark.parametrize(
    ("method", "content_type"),
    [("PUT", FORM[1]), ("GET", FORM[1]), ("POST", "application/json"), ("POST", ""), ("POST", f"{FORM[1]}x")],
)
def test_nothing_else_is_a_form_post(method, content_type):
    assert not is_form_post(method, content_type)


def test_a_forms_body_is_signed_as_parameters(build, authorize, accepts):
    assert accepts(authorize(build(method="POST", query="z=1", body=b"a=x+y&b=%C3%A9", headers=[FORM])))


def test_a_forms_body_counts_as_nothing_in_the_last_line(build, authorize):
    signed = read_request(authorize(build(method="POST", body=b"a=1", headers=[FORM])))
    assert signed.canonical.endswith("\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


def test_a_form_that_is_put_is_a_body_like_any_other(build, authorize, accepts):
    assert accepts(authorize(build(method="PUT", body=b"a=1", headers=[FORM])))


def test_a_changed_form_is_refused(build, authorize, accepts):
    request = authorize(build(method="POST", body=b"a=1", headers=[FORM]))
    assert not accepts(replace(request, body=b"a=2"))


def test_a_parameter_may_not_move_from_the_query_into_the_form_ahead_of_its_namesake(build, authorize, accepts):
    request = authorize(build(method="POST", query="a=1", body=b"a=2", headers=[FORM]))
    assert not accepts(replace(request, query="a=2", body=b"a=1"))


def test_the_path_is_taken_as_sent(build, authorize, accepts):
    request = authorize(build(path="/a%2fb/%7Ec/%C3%A9"))
    assert [accepts(request), accepts(replace(request, path="/a%2Fb/%7Ec/%C3%A9"))] == [True, False]


@pytest.mark.parametrize("path", ["", "a", "*", "/a b", "/a\nb", "/a\x00", "/a?b", "/a#b", "/\ud800", "/\x7f"])
def test_a_path_that_cannot_be_sent_is_malformed(build, authorize, path):
    request = authorize(build())
    with pytest.raises(MalformedRequest, match="path"):
        read_request(replace(request, path=path))


@pytest.mark.parametrize("method", ["", "get", "GEt", "GET ", "GET\n", "GÉT", "\ud800"])
def test_a_method_that_is_not_an_upper_case_name_is_malformed(build, authorize, method):
    request = authorize(build())
    with pytest.raises(MalformedRequest, match="method"):
        read_request(replace(request, method=method))


@pytest.mark.parametrize("character", "!#$%&'*+-.^_`|~09AZ")
def test_a_method_may_contain_what_http_allows_in_upper_case(build, authorize, accepts, character):
    assert accepts(authorize(build(method=f"A{character}")))


@pytest.mark.parametrize("character", '"(),/:;<=>?@[\\]{}az')
def test_a_method_may_contain_nothing_else(build, authorize, accepts, character):
    assert not accepts(authorize(build(method=f"A{character}")))


@pytest.mark.parametrize("value", ["x" * 8192, "\x20\x09\x21", "\x80"])
def test_a_header_value_that_can_be_sent_is_read(build, authorize, accepts, value):
    assert accepts(authorize(build(headers=[("x-sn-note", value)])))


@pytest.mark.parametrize("value", ["  x ", "\tx\t", "x"])
def test_a_header_value_is_trimmed(build, authorize, value):
    assert "\nx-sn-note:x\n" in read_request(authorize(build(headers=[("x-sn-note", value)]))).canonical


def test_white_space_within_a_header_value_is_kept(build, authorize):
    assert "\nx-sn-note:a \t b\n" in read_request(authorize(build(headers=[("x-sn-note", "a \t b")]))).canonical


@pytest.mark.parametrize("value", [*CONTROL_CHARACTERS, "a\nb", "\ud800", "x" * 8193])
def test_a_header_value_that_cannot_be_sent_is_malformed(build, authorize, add_header, value):
    names = "host;x-sn-date;x-sn-note"
    header = f"SNWS2 Credential=x,SignedHeaders={names},Signature={'0' * 64}"
    with pytest.raises(MalformedRequest, match="x-sn-note"):
        read_request(build(headers=[("x-sn-note", value), ("authorization", header)]))


def test_a_header_value_beyond_ascii_is_taken_as_sent(build, authorize, accepts):
    assert accepts(authorize(build(headers=[("x-sn-note", "café")])))


def test_header_values_are_not_normalised(build, authorize, accepts):
    composed, decomposed = build(headers=[("x-sn-note", "caf\u00e9")]), build(headers=[("x-sn-note", "cafe\u0301")])
    authorization = authorize(composed).headers[-1]
    assert not accepts(replace(decomposed, headers=(*decomposed.headers, authorization)))


def test_parameters_are_not_normalised():
    assert canonical_query("a=caf%C3%A9") != canonical_query("a=cafe%CC%81")
