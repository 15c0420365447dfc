"""Sealing secrets: bound to their token, under a ring of keys."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import UnknownKey
from tokens.domain.secrets.vault import Vault, make_key, read_keys

OLD, NEW = read_keys(make_key()), read_keys(make_key())
keys = st.binary(min_size=32, max_size=32)


@given(keys, st.text(max_size=100).filter(lambda text: text.isprintable()), st.text(max_size=64).filter(str.isprintable))
def test_what_is_sealed_opens_for_its_token(key, secret, token_id):
    vault = Vault([key])
    assert vault.open(vault.seal(secret, token_id=token_id), token_id=token_id) == secret


@given(st.text(max_size=20).filter(str.isprintable), st.text(max_size=20).filter(str.isprintable))
def test_it_opens_for_no_other_token(mine, other):
    vault = Vault(NEW)
    sealed = vault.seal("secret", token_id=mine)
    if mine == other:
        return
    with pytest.raises(UnknownKey):
        vault.open(sealed, token_id=other)


@given(st.data())
def test_no_changed_byte_opens(data):
    vault = Vault(NEW)
    sealed = bytearray(vault.seal("secret", token_id="a"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnknownKey):
        vault.open(bytes(sealed), token_id="a")


@given(st.binary(max_size=80))
def test_invalid_data_never_opens_and_raises_no_other_error(sealed):
    with pytest.raises(UnknownKey):
        Vault(NEW).open(sealed, token_id="a")


def test_a_sealed_secret_is_version_key_id_nonce_and_ciphertext():
    key = NEW[0]
    sealed = Vault([key]).seal("secret", token_id="a")
    assert sealed[:9] == b"\x01" + hashlib.sha256(key).digest()[:8]
    assert AESGCM(key).decrypt(sealed[9:21], sealed[21:], b"a") == b"secret"


def test_what_was_sealed_before_still_opens():
    sealed = base64.b64decode("AWMNzSlmxDNmAyLI5Z9VG3X7BI3F/x0buOipJFB+6R09GEn7BI5fy1dXa0sS8M6qU3P7")
    assert Vault([bytes(range(32))]).open(sealed, token_id="Zx81aB3dE5fG7hJ9kL0m") == "snts_pässword"


def test_what_was_cut_short_never_opens():
    vault = Vault(NEW)
    sealed = vault.seal("secret", token_id="a")
    for length in range(len(sealed)):
        with pytest.raises(UnknownKey):
            vault.open(sealed[:length], token_id="a")


def test_the_same_secret_is_sealed_differently_each_time():
    vault = Vault(NEW)
    assert vault.seal("secret", token_id="a") != vault.seal("secret", token_id="a")


def test_the_secret_cannot_be_read_in_what_is_stored():
    assert b"secret" not in Vault(NEW).seal("secret", token_id="a")


def test_older_keys_open_and_the_newest_seals():
    sealed = Vault(OLD).seal("secret", token_id="a")
    ring = Vault((*NEW, *OLD))
    assert ring.open(sealed, token_id="a") == "secret"
    assert not ring.is_current(sealed)
    assert ring.is_current(ring.seal("secret", token_id="a"))


def test_a_key_that_left_the_ring_opens_nothing():
    sealed = Vault(OLD).seal("secret", token_id="a")
    with pytest.raises(UnknownKey):
        Vault(NEW).open(sealed, token_id="a")


@pytest.mark.parametrize("ring", [[], [b"short"], [b"\0" * 33], [b"\0" * 16], [b"\0" * 24], [b"\0" * 32, b"\0" * 16]])
def test_a_vault_needs_keys_of_the_right_length(ring):
    with pytest.raises(ValueError, match="key"):
        Vault(ring)


def test_a_ring_is_read_newest_first_with_comments_and_either_separator():
    first, second, third = make_key(), make_key(), make_key()
    ring = read_keys(f"# the newest\n{first}\n  # older\n\n{second}, {third}, ,\n  \n")
    assert ring == (*read_keys(first), *read_keys(second), *read_keys(third))


@pytest.mark.parametrize("bad", ["c2hvcnQ=", "ümlaut", "x" * 44, "!" * 44, "A" * 43 + "!=", "A" * 22 + "~" + "A" * 21 + "="])
def test_an_invalid_key_is_reported_by_position_and_never_shown(bad):
    with pytest.raises(ValueError, match=r"Key 2 of the ring") as refusal:
        read_keys(f"{make_key()},{bad}")
    assert bad not in str(refusal.value)


def test_a_vault_does_not_show_its_keys():
    key = make_key()
    assert repr(Vault(read_keys(key))) == "<Vault of 1 keys>"
