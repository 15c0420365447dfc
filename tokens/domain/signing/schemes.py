"""The signing schemes that are supported. A new one is a module (or a folder) beside this one, and an entry in `SCHEMES`."""

from datetime import date as day
from datetime import datetime
from typing import Protocol

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.scheme import Snws2


class Claim(Protocol):
    """What a signed request claims, read but not yet checked against a secret."""

    @property
    def token_id(self) -> str:
        """The identifier of the token that is said to have signed; well formed, maybe unknown."""

    @property
    def date(self) -> datetime:
        """The request's date (UTC); whether it is close enough to now is for others to judge."""

    @property
    def content_sha256(self) -> str | None:
        """The signed SHA-256 (lower-case hex) of a body that is not at hand; `None` if it is, or if there is no body."""

    @property
    def canonical(self) -> str:
        """The request in the form that the scheme signs, for explanations."""

    @property
    def string_to_sign(self) -> str:
        """The text that the signature was made of, for explanations."""

    def matches(self, secret: str) -> day | None:
        """Return the UTC day whose signing key made the signature, `None` if none of this secret did; constant time."""


class Scheme(Protocol):
    """What judging a request needs of a signing scheme."""

    name: str

    def recognizes(self, request: SignedRequest) -> bool:
        """Return whether the request is signed with this scheme, by looking at the whole request."""

    def read(self, request: SignedRequest) -> Claim:
        """Read everything that can be said without a secret.

        Raises:
            MalformedRequest: the request is not signed as the scheme demands.
        """


# In order of precedence.
SCHEMES: tuple[Scheme, ...] = (Snws2(),)

# For `WWW-Authenticate`.
CHALLENGE = ", ".join(scheme.name for scheme in SCHEMES)


def find_scheme(request: SignedRequest) -> Scheme | None:
    """Return the scheme that a request is signed with, `None` if it is none of `SCHEMES`."""
    return next((scheme for scheme in SCHEMES if scheme.recognizes(request)), None)
