"""Token identifiers and private passwords."""

import re
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.secrets.credentials import ALPHABET, checksum, is_secret, make_secret, make_token_id, redact

random_parts = st.text(alphabet=ALPHABET, min_size=32, max_size=32)


def test_a_token_identifier_has_20_letters_and_digits():
    assert all(re.fullmatch(r"[A-Za-z0-9]{20}", make_token_id()) for _ in range(200))


def test_identifiers_and_secrets_do_not_repeat():
    assert len({make_token_id() for _ in range(2000)}) == 2000
    assert len({make_secret() for _ in range(2000)}) == 2000


def test_every_character_of_the_alphabet_comes_up():
    assert set("".join(make_token_id() for _ in range(500))) == set(string.ascii_letters + string.digits)


def test_a_secret_has_its_prefix_32_random_characters_and_6_of_checksum():
    for _ in range(200):
        secret = make_secret()
        assert re.fullmatch(r"snts_[A-Za-z0-9]{38}", secret)
        assert is_secret(secret)


@given(random_parts)
def test_the_checksum_is_crc32_in_base_62(random_part):
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    number = 0
    for character in checksum(random_part):
        number = number * 62 + digits.index(character)
    assert number == zlib.crc32(random_part.encode())
    assert len(checksum(random_part)) == 6


@given(random_parts, st.integers(0, 31), st.sampled_from(ALPHABET))
def test_one_changed_character_is_no_secret(random_part, position, character):
    secret = f"snts_{random_part}{checksum(random_part)}"
    changed = secret[: 5 + position] + character + secret[6 + position :]
    assert is_secret(changed) == (changed == secret)


@pytest.mark.parametrize("text", ["", "snts_", "snts_" + "A" * 38, "SNTS_" + "A" * 38, "snts_" + "A" * 37 + "é"])
def test_what_is_no_secret_is_none(text):
    assert is_secret(text) is False


@given(st.text(alphabet=ALPHABET, max_size=40), st.sampled_from(["snts_", "SNTS_", "xxxxx", "snts-"]))
def test_a_checksum_alone_makes_no_secret(random_part, prefix):
    text = f"{prefix}{random_part}{checksum(random_part)}"
    assert is_secret(text) == (prefix == "snts_" and len(random_part) == 32)


def test_a_secret_with_anything_around_it_is_none():
    secret = make_secret()
    assert not is_secret(secret + "\n")
    assert not is_secret(" " + secret)


@given(st.text(), st.text())
def test_redacting_takes_every_secret_out_and_leaves_the_rest(before, after):
    secret = make_secret()
    text = f"{before} {secret} {after}, again: {secret}"
    cleansed = redact(text)
    assert secret not in cleansed
    assert cleansed.count("snts_[redacted]") >= 2
    assert redact(cleansed) == cleansed


@given(st.text())
def test_text_without_a_secret_stays(text):
    assert redact(text) == text
