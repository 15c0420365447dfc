"""RFC9421, "Keys": which key made a signature, and what a refusal costs."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.domain.signing.rfc9421.plain import (
    GET_NAMES,
    SECRET,
    TOKEN_ID,
    authorize,
    build,
    day_key,
    parameters,
    spell,
)
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.rfc9421 import keys, verification
from tokens.domain.signing.rfc9421.keys import KeyId, parse_key_id
from tokens.domain.signing.rfc9421.verification import read_request

DAY = date(2026, 11, 24)
DIRECT = {"key": SECRET.encode(), "parameters": parameters(TOKEN_ID)}


@pytest.mark.parametrize("age", range(-1, 7))
def test_a_key_works_from_the_day_before_until_six_days_after(age):
    day = DAY - timedelta(days=age)
    signed = authorize(build(), key=day_key(spell(day)), parameters=parameters(f"{TOKEN_ID}:{spell(day)}"))
    assert read_request(signed).matches(SECRET) == KeyUsed(day)


def test_the_private_password_itself_is_named_as_the_key():
    assert read_request(authorize(build(), **DIRECT)).matches(SECRET) == KeyUsed(None)


def test_a_secret_from_elsewhere_may_contain_any_text():
    for signed in (authorize(build()), authorize(build(), **DIRECT)):
        assert read_request(signed).matches("пароль \u0000") is None


@pytest.mark.parametrize("text", [TOKEN_ID, f"{TOKEN_ID}:20261124", "a;b!~:00010101"])
def test_a_key_identifier_is_written_as_it_is_read(text):
    assert str(parse_key_id(text)) == text


def test_a_key_identifier_holds_token_and_day():
    assert parse_key_id("T:20261124") == KeyId("T", DAY)


@pytest.mark.parametrize(("options", "words"), [({}, "2026-11-24"), (DIRECT, "private password")])
def test_a_mismatch_names_the_key_that_was_tried(options, words):
    assert words in read_request(authorize(build(), **options)).mismatch


@pytest.fixture
def count_hmacs(monkeypatch):
    """Count the HMACs that checking takes."""
    calls = []
    real = keys.hmac_digest

    def counted(key, message, algorithm):
        calls.append(message)
        return real(key, message, algorithm)

    monkeypatch.setattr(keys, "hmac_digest", counted)
    return calls


@pytest.mark.parametrize(("options", "expected"), [({}, 3), (DIRECT, 1)])
def test_a_good_signature_costs_the_key_and_one_hmac(count_hmacs, options, expected):
    read_request(authorize(build(), **options)).matches(SECRET)
    assert len(count_hmacs) == expected


@pytest.mark.parametrize("other", ["", "x", "x" * 1000])
@pytest.mark.parametrize("options", [{}, DIRECT])
def test_a_refusal_costs_the_same_whatever_the_secret(count_hmacs, options, other):
    signed = read_request(authorize(build(scheme="", headers=[("x", "a,b")]), (*GET_NAMES, "x"), **options))
    signed.matches("something else")
    first = len(count_hmacs)
    signed.matches(other)
    assert len(count_hmacs) == 2 * first


def test_there_are_few_readings_of_any_request():
    request = build(scheme="", hosts=("Data.Example.ORG",), headers=[("x", "a,b")])
    names = ("@method", "@authority", "@target-uri", "@scheme", "x")
    assert len(read_request(authorize(request, names)).alternatives) < 16


def test_a_plain_request_has_one_reading():
    assert read_request(authorize(build())).alternatives == ()


def test_signatures_are_compared_in_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr(verification, "compare_digest", lambda left, right: compared.append((left, right)) or False)
    signed = read_request(authorize(replace(build(), scheme=""), ("@method", "@target-uri")))
    assert signed.matches(SECRET) is None
    assert len(compared) == 1 + len(signed.alternatives)
