"""Which signing scheme a request uses. A second one (RFC 9421, HTTP Message Signatures) gets a module and a row here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2 import verification
from tokens.domain.signing.snws2.header import NAME
from tokens.domain.signing.snws2.verification import Signed


@dataclass(frozen=True, slots=True)
class Scheme:
    """What judging a request needs of a signing scheme.

    Attributes:
        name: as in the `Authorization` header.
        read_request: everything that can be said without a secret; raises `MalformedRequest`.
        matches: the UTC day of the key that made the signature, or `None`; constant time.
    """

    name: str
    read_request: Callable[[SignedRequest], Signed]
    matches: Callable[[Signed, str], date | None]


SCHEMES = (Scheme(NAME, verification.read_request, verification.matches),)
_BY_NAME = {scheme.name: scheme for scheme in SCHEMES}


def find_scheme(authorization_header: str) -> Scheme | None:
    """Return the scheme that an `Authorization` header names (its first word, case as published), `None` for another."""
    return _BY_NAME.get(authorization_header.partition(" ")[0])
