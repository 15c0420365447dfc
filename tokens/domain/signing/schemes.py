"""The signing schemes that are supported. A new one is a module (or a folder) beside this one, and an entry in `SCHEMES`."""

from typing import Protocol

from tokens.domain.signing.claims import Claim
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import covering
from tokens.domain.signing.rfc9421.scheme import Rfc9421
from tokens.domain.signing.snws2.scheme import Snws2


class Scheme(Protocol):
    """What judging a request needs of a signing scheme.

    Attributes:
        name: for explanations.
        challenge: the scheme's name in `WWW-Authenticate`; "" if it does not use `Authorization`.
        hints_sender: whether the sender of a malformed request may be told the reason. Only where each `MalformedRequest` speaks
            of nothing but what stands in the sender's own request, in visible ASCII characters and blanks.
    """

    name: str
    challenge: str
    hints_sender: bool

    def recognizes(self, request: SignedRequest) -> bool:
        """Return whether the request is signed with this scheme, by looking at the whole request."""

    def read(self, request: SignedRequest) -> Claim:
        """Read everything that can be said without a secret.

        Raises:
            MalformedRequest: the request is not signed as the scheme demands.
        """


# In order of precedence.
SCHEMES: tuple[Scheme, ...] = (Snws2(), Rfc9421())

# For `WWW-Authenticate`.
CHALLENGE = ", ".join(scheme.challenge for scheme in SCHEMES if scheme.challenge)


def find_scheme(request: SignedRequest) -> Scheme | None:
    """Return the scheme that a request is signed with, `None` if it is none of `SCHEMES`."""
    for scheme in SCHEMES:
        if scheme.recognizes(request):
            return scheme
    return None


def accept_signature(request: SignedRequest) -> str:
    """Return the value of `Accept-Signature` for a request that is refused as not authenticated, signed or not.

    It lists what this very request must cover, and says nothing of tokens: it follows from the request alone.

    Source: RFC 9421, section 5.1; RFC9421, "Refusals".
    """
    return covering.accept_signature(request)
