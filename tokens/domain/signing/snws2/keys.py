"""The keys of SNWS2 and what they sign."""

from datetime import date
from hmac import digest as hmac_digest

# A signing key works on the day that it is made for and on the six that follow.
KEY_DAYS = 7


def signing_key(secret: str, on: date) -> bytes:
    """Derive the key that signs the requests of one UTC day and the six days after it.

    Args:
        secret: the private password as issued, `snts_` prefix included.
        on: the UTC calendar day the key is made for.

    Returns:
        32 raw bytes (HMAC-SHA256), not hex.

    Source: SNWS2, "Key and signature".
    """
    day_key = hmac_digest(f"SNWS2{secret}".encode(), spell_day(on).encode(), "sha256")
    return hmac_digest(day_key, b"snws2_request", "sha256")


def sign_string(key: bytes, string_to_sign: str) -> str:
    """Return the signature, 64 lower-case hex digits, that a signing key (raw bytes) makes of a string to sign."""
    return hmac_digest(key, string_to_sign.encode(), "sha256").hex()


def spell_day(on: date) -> str:
    """Return a day as keys and dates of SNWS2 spell it: `YYYYMMDD`."""
    return on.isoformat()[:10].replace("-", "")
