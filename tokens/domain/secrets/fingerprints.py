"""Keyed fingerprints of private passwords: whoever holds one can be told which token it belongs to, without opening any box.

A fingerprint is HMAC-SHA256 under a key that HKDF (RFC 5869) derives from a key of the ring. Without the ring it says
nothing about the private password, and cannot be made for a guess.
"""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_INFO = b"solarnet-portal: fingerprint of a private password"
LENGTH = 64


class Fingerprinter:
    """Makes fingerprints with a ring of keys: the first makes new ones, all of them find old ones."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Derive a key from each of the ring's keys (raw, 32 bytes, newest first)."""
        self._keys = [HKDF(SHA256(), length=32, salt=None, info=_INFO).derive(key) for key in keys]

    def __repr__(self) -> str:
        """Show the number of keys, never the keys."""
        return f"<Fingerprinter of {len(self._keys)} keys>"

    def make(self, secret: str) -> str:
        """Return the fingerprint under the newest key, in hexadecimal."""
        return _digest(self._keys[0], secret)

    def make_all(self, secret: str) -> list[str]:
        """Return the fingerprints under every key, the newest first: what is stored may be from before a key was added."""
        return [_digest(key, secret) for key in self._keys]


def _digest(key: bytes, secret: str) -> str:
    return hmac.new(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
