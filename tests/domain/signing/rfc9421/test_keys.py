"""RFC9421, "Keys": the derived key."""

from datetime import date

import pytest

from tokens.domain.signing.rfc9421.keys import signing_key
from tokens.domain.signing.snws2 import keys as snws2_keys

SECRET = "snts_k3Jd8Qm2Xw7Zp5Rt9Vb4Nc6Hf1Lg0SyA1b2C3"


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 24), "fe5a3551306cb174bbe2a9a4f938ebba40f2e8f9c6b85fc0fefb1ec887929d4d"),
        (date(2026, 11, 18), "e583bff989b49d64ee09fe697a2e53c56bda63551c0f57f643e36feddf1d26e2"),
    ],
)
def test_the_key_of_a_day_is_the_examples(on, expected):
    assert signing_key(SECRET, on).hex() == expected


def test_the_key_is_not_that_of_snws2():
    assert signing_key(SECRET, date(2026, 11, 24)) != snws2_keys.signing_key(SECRET, date(2026, 11, 24))


def test_a_secret_from_elsewhere_may_contain_any_text():
    assert len(signing_key("пароль \u0000", date(2026, 11, 24))) == 32
