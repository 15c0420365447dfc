"""Sealing secrets with AES-256-GCM under a key ring (SPEC, "Credentials").

A sealed secret is `version (1 byte) | key id (8 bytes) | nonce (12 bytes) | ciphertext and tag`. The token identifier is the
associated data, so that a sealed secret copied to another token's row does not open. The key id is the first 8 bytes of
SHA-256 of the key: it identifies the key without revealing anything about it.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tokens.domain.errors import UnknownKey

KEY_BYTES = 32
_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES
# Where a sealed secret names its key, for a query: the first byte is 1.
KEY_ID_PLACE = (len(_VERSION) + 1, _KEY_ID_BYTES)


class Vault:
    """Seals and opens secrets with a ring of keys: the first seals, each opens what it sealed."""

    __slots__ = ("_ciphers", "_newest")

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Make a vault.

        Args:
            keys: raw 32-byte keys, newest first.

        Raises:
            ValueError: if there is no key, or a key has another length.
        """
        if not keys:
            raise ValueError("A vault needs at least one key.")
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"Each key has {KEY_BYTES} bytes.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._newest = _key_id(keys[0])

    def __repr__(self) -> str:
        """Show the number of keys, never the keys."""
        return f"<Vault of {len(self._ciphers)} keys>"

    @property
    def key_ids(self) -> list[str]:
        """The IDs of the keys in hexadecimal, the newest first."""
        return [key_id.hex() for key_id in self._ciphers]

    def seal(self, secret: str, *, token_id: str) -> bytes:
        """Return the secret sealed under the newest key, bound to the token identifier."""
        nonce = os.urandom(_NONCE_BYTES)
        box = self._ciphers[self._newest].encrypt(nonce, secret.encode(), token_id.encode())
        return _VERSION + self._newest + nonce + box

    def open(self, sealed: bytes, *, token_id: str) -> str:
        """Return the secret.

        Raises:
            UnknownKey: the key is not in the ring, or the box was not sealed for this token by this key.
        """
        cipher = self._ciphers.get(sealed[len(_VERSION) : _HEADER_BYTES])
        if cipher is None or sealed[:1] != _VERSION:
            raise UnknownKey("No key of the ring can decrypt this secret.")
        nonce = sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], token_id.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise UnknownKey("The secret cannot be decrypted with its key for this token.") from error

    def is_current(self, sealed: bytes) -> bool:
        """True if the newest key sealed it, so that there is nothing to re-encrypt."""
        return sealed[:_HEADER_BYTES] == _VERSION + self._newest


def key_id_of(sealed: bytes) -> str:
    """Return the ID in hexadecimal of the key that sealed a secret, as `Vault.key_ids` has it."""
    return sealed[len(_VERSION) : _HEADER_BYTES].hex()


def make_key() -> str:
    """Return a new key as text for the key file: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def read_keys(text: str) -> tuple[bytes, ...]:
    """Read a key ring: URL-safe base64 keys, newest first, separated by commas or line breaks; `#` starts a comment line.

    Raises:
        ValueError: names the invalid entry by its number (from 1), never its text.
    """
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    entries = [entry.strip() for line in lines for entry in line.split(",") if entry.strip()]
    return tuple(_read_key(entry, number) for number, entry in enumerate(entries, 1))


def _read_key(entry: str, number: int) -> bytes:
    try:
        key = base64.b64decode(entry.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"Key {number} of the ring is not {KEY_BYTES} bytes in URL-safe base64.")
    return key


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_KEY_ID_BYTES]
