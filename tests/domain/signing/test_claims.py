"""How a key is called in an explanation."""

from datetime import date

from tokens.domain.signing.claims import KeyUsed


def test_a_derived_key_is_named_by_its_day():
    assert str(KeyUsed(date(2026, 11, 24))) == "the signing key of 2026-11-24"


def test_the_private_password_is_named_as_such():
    assert "private password" in str(KeyUsed(None))


def test_any_key_counts_as_found():
    assert bool(KeyUsed(None)) is True
