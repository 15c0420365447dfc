"""The keys of HTTP message signatures and what they sign."""

from datetime import date
from hmac import digest as hmac_digest

# A signing key works on the day that it is made for and on the six that follow.
KEY_DAYS = 7


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


def spell_day(on: date) -> str:
    """Return a day as keys and key identifiers spell it: `YYYYMMDD`."""
    return f"{on.year:04}{on.month:02}{on.day:02}"
