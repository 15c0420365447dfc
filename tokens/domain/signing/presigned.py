"""A request that its holder has signed and that somebody else sends: the signature comes in a header of its own.

The holder computes the SNWS2 `Authorization` value and gives it away, with the date that it signed. A third party, such as a
service that wants to know who talks to it, sends both to the portal and never holds a key. Which requests may be handed over in
this way is decided by the rules above (`judge.find_handed_over`).
"""

from dataclasses import replace

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import find_scheme

HEADER = "X-SN-PreSignedAuthorization"
_NAME = HEADER.lower()


def has_header(request: SignedRequest) -> bool:
    """Return whether a request carries a pre-signed value, whoever has signed the request itself."""
    return bool(request.header_values(_NAME))


def unwrap(request: SignedRequest) -> SignedRequest | None:
    """Return a request as its holder signed it; `None` if nobody hands it over.

    A request with an `Authorization` of its own, or signed with another scheme, is its sender's: the header then counts like any
    other `X-SN-*`, which must be signed. The same holds without `X-SN-Date`, since a `Date` is the sender's own.
    """
    if not has_header(request) or not request.header_values("x-sn-date"):
        return None
    if request.header_values("authorization") or find_scheme(request) is not None:
        return None
    # A header that was sent twice becomes two signatures, which SNWS2 refuses.
    headers = tuple(("authorization" if name == _NAME else name, value) for name, value in request.headers)
    return replace(request, headers=headers)
