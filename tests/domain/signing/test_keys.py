"""SNWS2, "Key and signature": which key's signature is accepted, and what a refusal costs."""

from datetime import date, timedelta

import pytest

from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.snws2 import keys, verification
from tokens.domain.signing.snws2.keys import signing_key
from tokens.domain.signing.snws2.verification import read_request

DAY = date(2026, 11, 24)


@pytest.mark.parametrize("age", range(7))
def test_a_key_works_on_its_own_day_and_the_six_after(build, authorize, secret, age):
    key_day = DAY - timedelta(days=age)
    assert read_request(authorize(build(), key_day=key_day)).matches(secret) == KeyUsed(key_day)


@pytest.mark.parametrize("age", [-1, 7, 8])
def test_a_key_of_another_day_is_refused(build, authorize, secret, age):
    assert read_request(authorize(build(), key_day=DAY - timedelta(days=age))).matches(secret) is None


@pytest.mark.parametrize("age", range(7))
def test_an_older_key_works_with_the_other_spelling_of_the_host(build, authorize, secret, age):
    key_day = DAY - timedelta(days=age)
    assert read_request(authorize(build(), key_day=key_day, host="data.example.org:443")).matches(secret) == KeyUsed(key_day)


def test_the_days_are_counted_in_utc_over_the_end_of_a_year(build, authorize, secret):
    request = build(headers=[])
    headers = (("host", "data.example.org"), ("date", "Fri, 01 Jan 2027 00:00:00 GMT"))
    request = authorize(type(request)("GET", "/a", headers=headers), key_day=date(2026, 12, 26), stamp="20270101T000000Z")
    assert read_request(request).matches(secret) == KeyUsed(date(2026, 12, 26))


def test_another_secret_is_refused(build, authorize, secret):
    assert read_request(authorize(build())).matches(secret + "x") is None


def test_a_secret_from_elsewhere_may_contain_any_text(build, authorize):
    assert read_request(authorize(build())).matches("пароль \u0000") is None


def test_the_signing_key_is_32_raw_bytes(secret):
    assert len(signing_key(secret, DAY)) == 32


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


def test_the_days_own_key_costs_three_hmacs(build, authorize, secret, count_hmacs):
    read_request(authorize(build())).matches(secret)
    assert len(count_hmacs) == 3


@pytest.mark.parametrize("other", ["", "x", "x" * 1000])
def test_a_refusal_costs_the_same_whatever_the_secret(build, authorize, secret, count_hmacs, other):
    signed = read_request(authorize(build(path="/a")))
    signed.matches("something else")
    first = len(count_hmacs)
    signed.matches(other)
    assert len(count_hmacs) == 2 * first


def test_signatures_are_compared_in_constant_time(build, authorize, secret, monkeypatch):
    compared = []
    monkeypatch.setattr(verification, "compare_digest", lambda left, right: compared.append((left, right)) or False)
    assert read_request(authorize(build())).matches(secret) is None
    assert len(compared) == 1 + 7 * 3
