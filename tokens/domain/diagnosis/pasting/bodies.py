"""The body of a pasted request. A text box does not keep line ends, so several bodies may be meant."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256, sha512

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.digests import verify_body

_STATED = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]+):").findall
_HASHES = {"sha-256": sha256, "sha-512": sha512}


def typed_bodies(text: str) -> tuple[bytes, ...]:
    """Return the bodies that a text in a form may stand for, the likeliest first: the kind of line ends, one more at the end."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = (plain, plain.replace("\n", "\r\n"), plain.rstrip("\n"), f"{plain}\n", f"{plain}\n".replace("\n", "\r\n"))
    return tuple(dict.fromkeys(one.encode("utf-8", "surrogatepass") for one in lines))


def choose_body(text: str, headers: Mapping[str, str]) -> bytes:
    """Return the body that a text in a form stands for: the one that the digest, or else `Content-Length`, belongs to."""
    bodies = typed_bodies(text)
    if has_digest(headers):
        return next((body for body in bodies if fits_digest(headers, body)), bodies[0])
    return next((body for body in bodies if headers.get("content-length") == str(len(body))), bodies[0])


def has_digest(headers: Mapping[str, str]) -> bool:
    """True if the request says what its body is."""
    return any(name in headers for name in ("content-digest", "digest", "content-md5"))


def fits_digest(headers: Mapping[str, str], body: bytes) -> bool:
    """True if every digest that the request states is the body's."""
    try:
        verify_body(headers, body)
    except MalformedRequest:
        return False
    stated = _STATED(headers.get("content-digest", ""))
    return all(b64encode(_HASHES[name](body).digest()).decode() == value for name, value in stated)


def stated_sha256(headers: Mapping[str, str]) -> str:
    """Return the SHA-256 that a digest header states, as lower-case hex; "" if none can be read."""
    found = re.search(
        r"(?i)sha-256=:?([A-Za-z0-9+/]{43}=|[0-9a-f]{64})", headers.get("content-digest") or headers.get("digest", "")
    )
    if found is None:
        return ""
    return found[1].lower() if len(found[1]) == 64 else b64decode(found[1]).hex()
