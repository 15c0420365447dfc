"""A failing request to fill the debugger's form with, for whoever sees it for the first time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import digest as hmac_digest

from tokens.domain.diagnosis.snws2.reading import read_leniently
from tokens.domain.signing.http_dates import format_http_date
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.keys import signing_key

_HOST = "data.example.org"
_PATH = "/solarquery/api/v1/sec/datum/list"
_QUERY = "nodeId=101&sourceId=%2FRoof%20East%2F*&aggregation=Hour"
# Long past, so that neither its date nor its key are of any use.
_AGE = timedelta(days=30)


def failing_request(token_id: str, reveal: Callable[[], str], *, now: datetime) -> dict[str, str]:
    """Return the form's fields for a request that a client with a usual mistake has signed: a blank as "+".

    The signature can be shown: it is one of a text that no request has as its canonical request (SNWS2 writes no "+"), and it was
    made with the key of a day whose keys have long ended.

    Args:
        token_id: the token identifier.
        reveal: opens the token's private password.
        now: the present (UTC).
    """
    sent_at = (now - _AGE).replace(hour=12, minute=0, second=0, microsecond=0)
    start = f"SNWS2 Credential={token_id},SignedHeaders=host;x-sn-date,Signature="
    headers = (("host", _HOST), ("x-sn-date", format_http_date(sent_at)))
    request = SignedRequest("GET", _PATH, _QUERY, (*headers, ("authorization", start)), hosts=(_HOST,))
    reading = read_leniently(request)
    if reading is None:
        raise AssertionError("The example is signed with SNWS2.")
    wrong = reading.draft.with_line("query", (reading.draft.find("query") or "").replace("%20", "+"))
    signature = hmac_digest(signing_key(reveal(), sent_at.date()), wrong.message, "sha256").hex()
    answered_at = sent_at + timedelta(seconds=1)
    lines = (
        f"> GET {_PATH}?{_QUERY} HTTP/1.1",
        f"> Host: {_HOST}",
        "> Accept: application/json",
        f"> X-SN-Date: {format_http_date(sent_at)}",
        f"> Authorization: {start}{signature}",
        ">",
        "< HTTP/1.1 401 Unauthorized",
        f"< Date: {format_http_date(answered_at)}",
        "< WWW-Authenticate: SNWS2",
    )
    return {"method": "GET", "address": f"https://{_HOST}{_PATH}?{_QUERY}", "headers": "\n".join(lines)}
