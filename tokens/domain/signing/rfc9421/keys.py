"""The keys of HTTP message signatures, and how `keyid` names them (RFC9421, "Keys")."""

import re
from base64 import b64encode
from datetime import date
from hmac import digest as hmac_digest
from typing import NamedTuple

from tokens.domain.errors import MalformedRequest
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH
from tokens.domain.signing.claims import KeyUsed

# A signing key works on the day that it is made for and on the six that follow; for a client whose calendar is ahead of the UTC
# day of `created`, on the day before as well.
KEY_DAYS = 7
KEY_DAYS_AHEAD = 1

# Visible ASCII. A comma is in no identifier, and the first colon ends it.
_TOKEN_ID = re.compile(rf"[!-+\--9;-~]{{1,{MAX_TOKEN_ID_LENGTH}}}").fullmatch
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})").fullmatch


class KeyId(NamedTuple):
    """What `keyid` names: a token, and the UTC day of the signing key, `None` if the private password itself is the key."""

    token_id: str
    day: date | None

    def __str__(self) -> str:
        return self.token_id if self.day is None else f"{self.token_id}:{spell_day(self.day)}"

    def derive(self, secret: str) -> bytes:
        """Return the key that a private password gives."""
        return secret.encode() if self.day is None else signing_key(secret, self.day)

    @property
    def used(self) -> KeyUsed:
        """The key, as a claim names it."""
        return KeyUsed(self.day)


def parse_key_id(text: str) -> KeyId:
    """Read `TOKEN` or `TOKEN:YYYYMMDD`, split at the first colon.

    Raises:
        MalformedRequest: the identifier cannot be one, or there is no such day.
    """
    token_id, colon, day = text.partition(":")
    if not _TOKEN_ID(token_id):
        raise MalformedRequest("The parameter keyid must begin with a token identifier.")
    return KeyId(token_id, _parse_day(day) if colon else None)


def signing_key(secret: str, on: date) -> bytes:
    """Derive the key that signs the requests of one UTC day and the six days after it.

    Not the key of SNWS2: neither opens anything in the other scheme.

    Args:
        secret: the private password as issued, `snts_` prefix included.
        on: the UTC calendar day the key is made for.

    Returns:
        32 raw bytes (HMAC-SHA256), not hex.

    Source: RFC9421, "Keys".
    """
    day_key = hmac_digest(f"SNWS3{secret}".encode(), spell_day(on).encode(), "sha256")
    return hmac_digest(day_key, b"snws3_request", "sha256")


def sign_base(key: bytes, base: str) -> str:
    """Return the signature that a key makes of a signature base, as a byte sequence: base64 between colons."""
    return f":{b64encode(hmac_digest(key, base.encode(), 'sha256')).decode()}:"


def spell_day(on: date) -> str:
    """Return a day as keys and key identifiers spell it: `YYYYMMDD`."""
    return f"{on.year:04}{on.month:02}{on.day:02}"


def _parse_day(text: str) -> date:
    found = _DAY(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise MalformedRequest(f"The parameter keyid names no day after the colon (YYYYMMDD): {text!a:.20}.")
