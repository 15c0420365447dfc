"""SNWS2 as one of the signing schemes (see `signing.schemes`)."""

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.header import NAME
from tokens.domain.signing.snws2.verification import Signed, read_request


class Snws2:
    """SNWS2: the `Authorization` header names the token, the signed headers and the signature."""

    name = NAME
    challenge = NAME
    # What is wrong with an SNWS2 request is for the signature debugger alone.
    hints_sender = False

    def recognizes(self, request: SignedRequest) -> bool:
        """Return whether the first word of `Authorization` is the scheme's name, in the case as published."""
        values = request.header_values("authorization")
        return bool(values) and values[0].partition(" ")[0] == NAME

    def read(self, request: SignedRequest) -> Signed:
        """Read a signed request. Raises like `read_request`."""
        return read_request(request)
