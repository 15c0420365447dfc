"""HTTP Message Signatures as one of the signing schemes (see `signing.schemes`)."""

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.verification import Signed, read_request

NAME = "RFC 9421"


class Rfc9421:
    """HTTP message signatures: the fields `Signature-Input` and `Signature` carry everything, `Authorization` nothing."""

    name = NAME
    challenge = ""
    hints_sender = True

    def recognizes(self, request: SignedRequest) -> bool:
        """Return whether there is a `Signature-Input`; a scheme that has the precedence may have taken the request before."""
        return any(name == "signature-input" for name, _ in request.headers)

    def read(self, request: SignedRequest) -> Signed:
        """Read a signed request. Raises like `read_request`."""
        return read_request(request)
