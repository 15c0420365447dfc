"""Token identifiers and private passwords: how they are made and how a leaked one is recognised (SPEC, "Credentials")."""

import re
import secrets
import string
import zlib

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits
# CRC-32 in base 62, digits before letters: the order that other checksummed token formats use.
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

TOKEN_ID_LENGTH = 20
# An imported identifier may be longer than ours (SNWS2, "The header").
MAX_TOKEN_ID_LENGTH = 64
SECRET_PREFIX = "snts_"  # noqa: S105 -- the public prefix, no secret
_RANDOM_LENGTH = 32
_CHECKSUM_LENGTH = 6

# One regular expression finds a leaked private password in any text; the checksum rules out false alarms.
SECRET_PATTERN = re.compile(rf"{SECRET_PREFIX}[A-Za-z0-9]{{{_RANDOM_LENGTH + _CHECKSUM_LENGTH}}}")
# Logs and reports shorten long values: most of a private password is not for them either.
_SECRET_OR_PART = re.compile(rf"{SECRET_PREFIX}[A-Za-z0-9]{{8,}}")


def make_token_id() -> str:
    """Return a new token identifier: 20 characters A-Z a-z 0-9 from the operating system's random source."""
    return _random_text(TOKEN_ID_LENGTH)


def make_secret() -> str:
    """Return a new private password: `snts_`, 32 random characters and their checksum, 43 characters in all."""
    random_part = _random_text(_RANDOM_LENGTH)
    return f"{SECRET_PREFIX}{random_part}{checksum(random_part)}"


def checksum(random_part: str) -> str:
    """Return the last 6 characters of a private password: CRC-32 of the 32 random ones in base 62, padded with 0."""
    number = zlib.crc32(random_part.encode("ascii"))
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


def is_secret(text: str) -> bool:
    """True if `text` is a private password as this portal makes them, its checksum included."""
    if not SECRET_PATTERN.fullmatch(text):
        return False
    random_part = text[len(SECRET_PREFIX) : -_CHECKSUM_LENGTH]
    return checksum(random_part) == text[-_CHECKSUM_LENGTH:]


def has_secret(text: str) -> bool:
    """True if there is a private password anywhere in a text."""
    return SECRET_PREFIX in text and any(is_secret(found) for found in SECRET_PATTERN.findall(text))


def redact(text: str) -> str:
    """Return `text` with every private password in it replaced, truncated ones as well, for logs and error reports."""
    if SECRET_PREFIX not in text:
        return text
    return _SECRET_OR_PART.sub(f"{SECRET_PREFIX}[redacted]", text)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
