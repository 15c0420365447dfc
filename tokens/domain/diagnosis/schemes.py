"""Takes a request apart with the scheme that it is signed with, whatever is wrong with it."""

from collections.abc import Sequence
from datetime import datetime

from tokens.domain.diagnosis.cases import Case
from tokens.domain.diagnosis.drafts import Mistake
from tokens.domain.diagnosis.snws2.case import open_case as open_snws2
from tokens.domain.signing.requests import SignedRequest

_OPENERS = (open_snws2,)


def open_case(request: SignedRequest, *, hosts: Sequence[str], now: datetime) -> Case | None:
    """Take a request apart; `None` if it is signed with none of the schemes.

    Args:
        request: as pasted.
        hosts: other hosts that the client may have signed.
        now: the present (UTC).
    """
    cases = (opener(request, hosts=hosts, now=now) for opener in _OPENERS)
    return next((case for case in cases if case is not None), None)


def find_scheme_mistake(request: SignedRequest) -> Mistake:
    """Tell why a request is signed with none of the schemes."""
    values = request.header_values("authorization")
    if not values:
        advice = (
            "Neither an Authorization header nor a Signature-Input is there. Paste all headers that were sent; "
            "some tools hide these, and browsers drop Authorization when a redirect leads to another host."
        )
        return Mistake("No signature", advice)
    name = values[0].strip().partition(" ")[0].lower()
    if name == "solarnetworkws":
        return Mistake(
            "Scheme", "The client signs with SolarNetwork's first scheme (SolarNetworkWS), which is not supported: use SNWS2."
        )
    if name in {"basic", "bearer"}:
        return Mistake("Scheme", f"The client sends {name.title()} authentication. It must sign its requests with SNWS2.")
    return Mistake(
        "Scheme", "The Authorization header is of no known scheme, or a tool has hidden its value. It begins with “SNWS2 ”."
    )
