"""What a request says about its body: the headers `Digest` and `Content-MD5` (SNWS2, "Checking")."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import md5, new, sha256

from tokens.domain.errors import MalformedRequest

EMPTY_SHA256 = sha256().hexdigest()

# What `Digest` calls them (RFC 3230; names compare without case), and what Python does.
_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512", "sha": "sha1", "md5": "md5"}
_HEX_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


def verify_body(headers: Mapping[str, str], body: bytes) -> None:
    """Check the body against `Digest`, or where there is none against `Content-MD5`; without either there is nothing to check.

    Args:
        headers: values by lower-case name.
        body: the raw body, `b""` if there is none.

    Raises:
        MalformedRequest: a header cannot be read, or a digest of a known algorithm is not the body's.
    """
    if "digest" in headers:
        for algorithm, stated in _read_digest(headers["digest"]).items():
            _compare(f"Digest: {algorithm}", stated, new(_ALGORITHMS[algorithm], body, usedforsecurity=False).digest())
    elif "content-md5" in headers:
        _compare("Content-MD5", headers["content-md5"].strip(" \t"), md5(body, usedforsecurity=False).digest())


def find_sha256(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 that `Digest` states, as lower-case hex; `None` if it states none.

    Raises:
        MalformedRequest: `Digest` cannot be read.
    """
    if "digest" not in headers:
        return None
    stated = _read_digest(headers["digest"]).get("sha-256")
    return None if stated is None else _decode_sha256(stated)


def sha256_digest(body: bytes) -> str:
    """Return the value of a `Digest` header for a body."""
    return f"sha-256={b64encode(sha256(body).digest()).decode()}"


def _read_digest(value: str) -> dict[str, str]:
    """Return the digests of known algorithms, as written. Unknown algorithms are skipped, but one must be known."""
    known: dict[str, str] = {}
    for member in value.split(","):
        name, _, stated = member.strip(" \t").partition("=")
        algorithm = name.lower()
        if not name or not stated:
            raise MalformedRequest(f"Digest has a part {member!r:.60} that is not 'algorithm=value'.")
        if algorithm in known:
            raise MalformedRequest(f"Digest names {algorithm} twice.")
        if algorithm in _ALGORITHMS:
            known[algorithm] = stated
    if not known:
        raise MalformedRequest(f"Digest names none of {', '.join(_ALGORITHMS)}.")
    return known


def _compare(label: str, stated: str, digest: bytes) -> None:
    # Both sides are public, so an ordinary comparison will do.
    if stated != b64encode(digest).decode() and stated.lower() != digest.hex():
        raise MalformedRequest(f"{label} does not match the body (in base64 or hex).")


def _decode_sha256(stated: str) -> str:
    if _HEX_SHA256.fullmatch(stated):
        return stated.lower()
    try:
        digest = b64decode(stated, validate=True)
    except ValueError:
        digest = b""
    # Written back, because base64 has several spellings of one value, and only one of them is right.
    if len(digest) != 32 or b64encode(digest).decode() != stated:
        raise MalformedRequest("Digest: sha-256 is not a SHA-256 in base64 or hex.")
    return digest.hex()
