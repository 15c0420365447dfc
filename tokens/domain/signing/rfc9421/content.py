"""`Content-Digest` (RFC 9530): what a request says of its body (RFC9421, "Content")."""

from base64 import b64decode, b64encode
from hashlib import new, sha256

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.fields import read_byte_sequences

_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}


def verify_content(request: SignedRequest, content_digest: str | None, *, is_covered: bool) -> str | None:
    """Check the body against `Content-Digest`, covered or not; without the field there is nothing to check.

    Args:
        request: the request; one with content and without a covered digest has been refused.
        content_digest: the field's value; `None` if it was not sent.
        is_covered: whether the signature covers the whole field.

    Returns:
        the lower-case hex SHA-256 that stands for a body which is not at hand; `None` if it is, or there is none.

    Raises:
        MalformedRequest: the field cannot be read, or a digest of a known algorithm is not the body's.
    """
    if content_digest is None:
        return None
    stated = _read_digests(content_digest)
    body = request.body
    if body is None:
        if is_covered and "sha-256" in stated:
            return _decode_sha256(stated["sha-256"])
        if request.has_body:
            raise MalformedRequest("Behind a gateway a request with a body needs a covered 'Content-Digest: sha-256=:...:'.")
        body = b""
    for algorithm, digest in stated.items():
        # Both sides are public, so an ordinary comparison will do.
        if digest != b64encode(new(_ALGORITHMS[algorithm], body).digest()).decode():
            raise MalformedRequest(f"Content-Digest: {algorithm} does not match the body.")
    return None


def sha256_digest(body: bytes) -> str:
    """Return the value of a `Content-Digest` field for a body."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def _read_digests(value: str) -> dict[str, str]:
    """Return the digests of known algorithms, in base64. Unknown algorithms are skipped, but one must be known."""
    digests = read_byte_sequences("Content-Digest", value)
    known = {algorithm: digest for algorithm, digest in digests.items() if algorithm in _ALGORITHMS}
    if not known:
        raise MalformedRequest(f"Content-Digest names none of {', '.join(_ALGORITHMS)}.")
    return known


def _decode_sha256(stated: str) -> str:
    try:
        digest = b64decode(stated, validate=True)
    except ValueError:
        digest = b""
    # Written back, because base64 has several spellings of one value, and only one of them is right.
    if len(digest) != 32 or b64encode(digest).decode() != stated:
        raise MalformedRequest("Content-Digest: sha-256 is not a SHA-256 in base64.")
    return digest.hex()
