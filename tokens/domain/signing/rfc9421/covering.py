"""What a signature must cover of a request, and how a refusal says so (RFC9421, "Covered components")."""

import re
from collections.abc import Set

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest

LABEL = "sn"
TAG = "solarnetwork"

_IN_TARGET_URI = frozenset({"@authority", "@path", "@query"})
# A field is named in a quoted string: a name with other characters could not be covered, nor sent.
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+").fullmatch


def accept_signature(request: SignedRequest) -> str:
    """Return the value of `Accept-Signature` for a request: what a signature of it must cover, and its parameters.

    Source: RFC 9421, section 5.1; RFC9421, "Refusals".
    """
    covered = " ".join([f'"{name}"' for name in names_to_cover(request) if name[0] == "@" or _FIELD_NAME(name)])
    return f'{LABEL}=({covered});created;keyid;tag="{TAG}"'


def names_to_cover(request: SignedRequest) -> list[str]:
    """Return the components that a signature must cover, in the order that `Accept-Signature` lists them."""
    origin = ["@method", "@authority", "@path", "@query"] if request.has_query else ["@method", "@authority", "@path"]
    return origin + _fields_to_cover(request)


def verify_covering(request: SignedRequest, covered: Set[str]) -> None:
    """Check that a signature covers everything that it must.

    Args:
        request: the request.
        covered: the components that are covered whole.

    Raises:
        MalformedRequest: it does not; the text names what is missing.
    """
    missing = [name for name in names_to_cover(request) if name not in covered]
    if missing and "@target-uri" in covered:
        missing = [name for name in missing if name not in _IN_TARGET_URI]
    if missing:
        raise MalformedRequest(f"The signature must also cover {', '.join(missing)!a:.200}.")


def _fields_to_cover(request: SignedRequest) -> list[str]:
    """Return the names of the fields that a signature must cover, each once: those about the content, then every `X-SN-*`."""
    # Signed or refused: an unsigned field could be added on the way and change what the request means.
    sent = {name for name, _ in request.headers if name == "content-type" or name[:5] == "x-sn-"}
    if request.has_content:
        sent.add("content-digest")
    return sorted(sent)
