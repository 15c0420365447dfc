"""Takes a request apart with the scheme that it is signed with, whatever is wrong with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tokens.domain.diagnosis.cases import Case
from tokens.domain.diagnosis.drafts import Mistake
from tokens.domain.diagnosis.rfc9421.case import open_case as open_rfc9421
from tokens.domain.diagnosis.snws2.case import open_case as open_snws2
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import find_scheme
from tokens.domain.signing.snws2.header import NAME

_BOTH = Mistake(
    "Two schemes",
    "The request has an SNWS2 Authorization header beside its message signature. Only SNWS2 counts then: send one of them.",
)


def open_case(request: SignedRequest, *, hosts: Sequence[str], now: datetime) -> Case | None:
    """Take a request apart; `None` if it is signed with none of the schemes.

    Args:
        request: as pasted.
        hosts: other hosts that the client may have signed.
        now: the present (UTC).
    """
    scheme = find_scheme(request)
    # Of a request that no scheme recognizes, the Authorization header may be one of SNWS2 all the same, in another spelling.
    openers = (open_rfc9421, open_snws2) if scheme and scheme.name != NAME else (open_snws2, open_rfc9421)
    cases = (opener(request, hosts=hosts, now=now) for opener in openers)
    case = next((case for case in cases if case is not None), None)
    if case and scheme and scheme.name == NAME and request.header_values("signature-input"):
        return replace(case, mistakes=(_BOTH, *case.mistakes))
    return case


def find_scheme_mistake(request: SignedRequest) -> Mistake:
    """Tell why a request is signed with none of the schemes."""
    values = request.header_values("authorization")
    if request.header_values("signature"):
        advice = "There is a Signature header, but no Signature-Input, which says what it covers. Send and paste both."
        return Mistake("No signature", advice)
    if not values:
        advice = (
            "There is neither an Authorization nor a Signature-Input header. Paste all headers that were sent; "
            "some tools hide these, and browsers drop Authorization when a redirect leads to another host."
        )
        return Mistake("No signature", advice)
    name = values[0].strip().partition(" ")[0].lower()
    if name == "solarnetworkws":
        return Mistake(
            "Scheme", "The client signs with SolarNetwork's first scheme (SolarNetworkWS), which is not supported: use SNWS2."
        )
    if name in {"basic", "bearer"}:
        return Mistake("Scheme", f"The client sends {name.title()} authentication. It must sign its requests.")
    return Mistake(
        "Scheme", "The Authorization header has an unknown scheme, or a tool has hidden its value. It must begin with “SNWS2 ”."
    )
