"""Failing requests to fill the debugger's form with, for whoever sees it for the first time.

Their signatures can be shown. Each is one of a text that no request makes the portal sign, made with the key of a day whose
keys have long ended, for a date that is refused.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import unquote

from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import keys as rfc9421_keys
from tokens.domain.signing.rfc9421 import signer as rfc9421_signer
from tokens.domain.signing.rfc9421.covering import LABEL
from tokens.domain.signing.rfc9421.verification import read_request as read_message
from tokens.domain.signing.snws2 import keys as snws2_keys
from tokens.domain.signing.snws2 import signer as snws2_signer
from tokens.domain.signing.snws2.verification import read_request as read_snws2

_HOST = "data.example.org"
_PATH = "/solarquery/api/v1/sec/datum/list"
_QUERY = "nodeId=101&sourceId=%2FRoof%20East%2F*&aggregation=Hour"
_UNSIGNED = SignedRequest("GET", _PATH, _QUERY, (("host", _HOST), ("accept", "application/json")), hosts=(_HOST,), scheme="https")
_AGE = timedelta(days=30)


def failing_request(name: str, token_id: str, reveal: Callable[[], str], *, now: datetime) -> dict[str, str]:
    """Return the form's fields for a request that a client with a usual mistake has signed.

    Args:
        name: a key of `EXAMPLES`; for another there are no fields.
        token_id: the token identifier.
        reveal: opens the token's private password.
        now: the present (UTC).

    Raises:
        MalformedRequest: a token with this identifier cannot sign with the scheme.
    """
    missign = EXAMPLES.get(name)
    if missign is None:
        return {}
    sent_at = (now - _AGE).replace(hour=12, minute=0, second=0, microsecond=0)
    request = missign(token_id, reveal(), sent_at)
    lines = (
        f"> {request.method} {request.path}?{request.query} HTTP/1.1",
        *(f"> {name.title().replace('-Sn-', '-SN-')}: {value}" for name, value in request.headers),
        ">",
        "< HTTP/1.1 401 Unauthorized",
        f"< Date: {format_http_date(sent_at + timedelta(seconds=1))}",
    )
    return {"method": request.method, "address": f"https://{_HOST}{_PATH}?{_QUERY}", "headers": "\n".join(lines)}


def _missign_snws2(token_id: str, secret: str, at: datetime) -> SignedRequest:
    """Sign a blank as "+", which SNWS2 never writes."""
    request = snws2_signer.sign(_UNSIGNED, token_id=token_id, now=at, secret=secret)
    claim = read_snws2(request)
    wrong = claim.canonical.replace("%20", "+")
    # The first two lines of the string to sign say nothing of the request; the third is the hash of its canonical form.
    string = "\n".join([*claim.string_to_sign.split("\n")[:2], sha256(wrong.encode()).hexdigest()])
    signature = snws2_keys.sign_string(snws2_keys.signing_key(secret, at.date()), string)
    name, value = request.headers[-1]
    return replace(request, headers=(*request.headers[:-1], (name, f"{value.rpartition('=')[0]}={signature}")))


def _missign_message(token_id: str, secret: str, at: datetime) -> SignedRequest:
    """Sign the query decoded, with a blank that no request line can have."""
    request = rfc9421_signer.sign(_UNSIGNED, rfc9421_signer.Signer.of_day(token_id, secret, at.date()), now=at)
    base = read_message(request).canonical.replace(_QUERY, unquote(_QUERY))
    signature = rfc9421_keys.sign_base(rfc9421_keys.signing_key(secret, at.date()), base)
    return replace(request, headers=(*request.headers[:-1], ("signature", f"{LABEL}={signature}")))


EXAMPLES: dict[str, Callable[[str, str, datetime], SignedRequest]] = {"snws2": _missign_snws2, "rfc9421": _missign_message}
