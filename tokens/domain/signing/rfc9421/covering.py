"""What a signature must cover of a request, and how a refusal says so (RFC9421, "Covered components")."""

import re

from tokens.domain.signing.requests import SignedRequest

LABEL = "sn"
TAG = "solarnetwork"

# A header is named in a quoted string: a name with other characters cannot be covered, and could not have been sent.
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+").fullmatch
_CONTENT_FIELDS = ("content-digest", "content-type")


def accept_signature(request: SignedRequest) -> str:
    """Return the value of `Accept-Signature` for a request: what a signature of it must cover, and its parameters.

    Source: RFC 9421, section 5.1; RFC9421, "Refusals".
    """
    names = ["@method", "@authority", "@path"]
    if request.has_query:
        names.append("@query")
    names += fields_to_cover(request)
    covered = " ".join([f'"{name}"' for name in names])
    return f'{LABEL}=({covered});created;keyid;tag="{TAG}"'


def fields_to_cover(request: SignedRequest) -> list[str]:
    """Return the names of the fields that a signature must cover, each once: those about the content, then every `X-SN-*`."""
    sent = {name for name, _ in request.headers}
    if request.has_content:
        sent.add("content-digest")
    else:
        sent.discard("content-digest")
    required = [name for name in _CONTENT_FIELDS if name in sent]
    return required + sorted(name for name in sent if name.startswith("x-sn-") and _FIELD_NAME(name))
