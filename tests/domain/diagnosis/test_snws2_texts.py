"""Each mistake in what an SNWS2 client signs is named from the signature alone, and from what it says it signed."""

from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.domain.diagnosis.clients import (
    CANONICAL_QUERY,
    HOST,
    HTTP_NOW,
    NOW,
    PATH,
    QUERY,
    Client,
    advice,
    client,
    diagnose_request,
)
from tokens.domain.diagnosis.comparing import State
from tokens.domain.signing.snws2.digests import sha256_digest

BODY = b'{"name": "Roof",\n "max": 2}\n'
DIGEST = sha256_digest(BODY)
FORM = b"b=1&a=2"


def query(text: str) -> dict[str, object]:
    return {"signed": ("GET", PATH, text)}


def path(text: str, sent: str = PATH) -> dict[str, object]:
    return {"path": sent, "signed": ("GET", text, CANONICAL_QUERY)}


def host(text: str) -> dict[str, object]:
    return {"lines": (f"host:{text}", f"x-sn-date:{HTTP_NOW}")}


def body(hashed: str) -> dict[str, object]:
    return {
        "method": "POST",
        "signed": ("POST", PATH, CANONICAL_QUERY),
        "headers": (
            ("host", HOST),
            ("x-sn-date", HTTP_NOW),
            ("digest", DIGEST),
            ("content-type", "application/json; charset=UTF-8"),
        ),
        "lines": ("content-type:application/json; charset=UTF-8", f"digest:{DIGEST}", f"host:{HOST}", f"x-sn-date:{HTTP_NOW}"),
        "names": "content-type;digest;host;x-sn-date",
        "stated_names": "content-type;digest;host;x-sn-date",
        "body": BODY,
        "body_hash": hashed,
    }


def form(text: str, hashed: bytes) -> dict[str, object]:
    kind = "application/x-www-form-urlencoded"
    return {
        "method": "POST",
        "query": "",
        "signed": ("POST", PATH, text),
        "headers": (("host", HOST), ("x-sn-date", HTTP_NOW), ("content-type", kind)),
        "lines": (f"content-type:{kind}", f"host:{HOST}", f"x-sn-date:{HTTP_NOW}"),
        "names": "content-type;host;x-sn-date",
        "stated_names": "content-type;host;x-sn-date",
        "body": FORM,
        "body_hash": sha256(hashed).hexdigest(),
    }


def hash_of(data: bytes) -> str:
    return sha256(data).hexdigest()


# What the client does, and the name and a part of the advice that the debugger gives for it.
IN_THE_TEXT = {
    "a blank as plus": (query(CANONICAL_QUERY.replace("%20", "+")), "Percent-encoding", "A space is written as “+”"),
    "lower-case hex": (
        query(CANONICAL_QUERY.replace("%2F", "%2f").replace("%2A", "%2a")),
        "Percent-encoding",
        "lower-case letters",
    ),
    "encoded twice": (query(CANONICAL_QUERY.replace("%", "%25")), "Percent-encoding", "encoded twice"),
    "decoded": (query("nodeId=101&sort=~a&sourceId=/Roof East/*"), "Percent-encoding", "not encoded"),
    "star left": (query(CANONICAL_QUERY.replace("%2A", "*")), "Percent-encoding", "“*” is not encoded"),
    "slashes left": (query(CANONICAL_QUERY.replace("%2F", "/")), "Percent-encoding", "Some characters are not encoded"),
    "tilde encoded": (query(CANONICAL_QUERY.replace("~", "%7E")), "Percent-encoding", "“~” is written"),
    "as sent": (query(QUERY), "Query as sent", "decoded, encoded again and sorted"),
    "unsorted": (query(QUERY.replace("*", "%2A")), "Order", "sorted by name"),
    "question mark": (query(f"?{CANONICAL_QUERY}"), "Query", "its “?”"),
    "query left out": (query(""), "Query", "left out"),
    "lower-case method": ({"signed": ("get", PATH, CANONICAL_QUERY)}, "Method", "upper case"),
    "another method": ({"method": "HEAD"}, "Method", "GET was signed, but HEAD was sent"),
    "path decoded": (path("/a b/c", "/a%20b/c"), "Percent-encoding", "decoded before signing"),
    "path encoded twice": (path("/a%2520b/c", "/a%20b/c"), "Percent-encoding", "encoded twice"),
    "path encoded otherwise": (path("/a%2Cb", "/a,b"), "Percent-encoding", "exactly as on the request line"),
    "path with a slash more": (path(f"{PATH}/"), "Path", "slash at its end"),
    "end of the path alone": (path("/datum/list"), "Path", "Only the end of the path"),
    "address as path": (path(f"https://{HOST}{PATH}?{QUERY}"), "Path", "without scheme and host"),
    "port signed": (host(f"{HOST}:8443"), "Port", f"“{HOST}:8443” was signed"),
    "host of the upstream": (host("app.internal:8000"), "Host", "behind a proxy"),
    "loopback signed": (host("localhost:8080"), "Host", "behind a proxy"),
    "host with scheme": (host(f"https://{HOST}"), "Host", "scheme before it"),
    "host in upper case": (host(HOST.upper()), "Host", "upper and lower case"),
    "blank after the colon": ({"lines": (f"host: {HOST}", f"x-sn-date: {HTTP_NOW}")}, "Header lines", "a space after the colon"),
    "names in title case": ({"lines": (f"Host:{HOST}", f"X-Sn-Date:{HTTP_NOW}")}, "Header lines", "not in lower case"),
    "line of a header missing": ({"lines": (f"host:{HOST}",)}, "Missing header", "x-sn-date is named in SignedHeaders"),
    "line of a header too many": (
        {
            "headers": (("accept", "*/*"), ("host", HOST), ("x-sn-date", HTTP_NOW)),
            "lines": ("accept:*/*", f"host:{HOST}", f"x-sn-date:{HTTP_NOW}"),
        },
        "Additional header",
        "accept has a line",
    ),
    "headers unsorted": (
        {
            "lines": (f"x-sn-date:{HTTP_NOW}", f"host:{HOST}"),
            "names": "x-sn-date;host",
            "stated_names": "x-sn-date;host",
        },
        "Order",
        "headers are not sorted",
    ),
    "names joined by commas": ({"names": "host,x-sn-date"}, "Signed headers", "joined by “;”"),
    "blank line as in AWS": ({"lines": (f"host:{HOST}", f"x-sn-date:{HTTP_NOW}", "")}, "Blank line", "SNWS2 has none"),
    "empty body hashed": (body(hash_of(b"")), "Body", "body as empty"),
    "body without its newline": (body(hash_of(BODY[:-1])), "Trailing newline", "without the newline at its end"),
    "body with one newline more": (body(hash_of(BODY + b"\n")), "Trailing newline", "one newline more"),
    "body with CRLF": (body(hash_of(BODY.replace(b"\n", b"\r\n"))), "Line endings", "CRLF line endings"),
    "JSON written anew": (body(hash_of(b'{"name":"Roof","max":2}')), "JSON", "written differently"),
    "body hash in base64": (body(b64encode(sha256(BODY).digest()).decode()), "Body hash", "not base64"),
    "body hash in upper case": (body(hash_of(BODY).upper()), "Body hash", "lower-case"),
    "content type without charset": (
        {**body(hash_of(BODY)), "lines": ("content-type:application/json", *body("")["lines"][1:])},
        "Content-Type",
        "the HTTP library changes it",
    ),
    "form parameters not signed": (form("", FORM), "Form", "not signed"),
    "form hashed as a body": (form("a=2&b=1", FORM), "Form", "the hash is then that of an empty body"),
}
# What no text shows, because a form does not keep it or the text does not have it.
IN_THE_SIGNATURE = {
    "CRLF": ({"newline": "\r\n"}, "Line endings", "CRLF"),
    "backslash n": ({"newline": "\\n"}, "Line endings", "Each newline is a backslash and an “n”"),
    "trailing newline": ({"end": "\n"}, "Trailing newline", "after the last line"),
    "canonical request signed": ({"outer": "{text}"}, "String to sign", "canonical request itself"),
    "newline after the string": ({"outer": "SNWS2-HMAC-SHA256\n{stamp}\n{hash}\n"}, "String to sign", "ends with a newline"),
    "first line of AWS": ({"outer": "AWS4-HMAC-SHA256\n{stamp}\n{hash}"}, "String to sign", "The first line must be"),
    "date missing": ({"outer": "SNWS2-HMAC-SHA256\n{hash}"}, "String to sign", "The second line"),
    "date in another form": ({"stamp": "2026-11-24T09:30:00Z"}, "Date", "YYYYMMDDTHHMMSSZ"),
    "local time": ({"stamp": "20261124T223000Z"}, "Clock", "local time"),
    "clock read twice": ({"stamp": "20261124T093001Z"}, "Clock", "read twice"),
}
EVERYTHING = IN_THE_TEXT | IN_THE_SIGNATURE


def diagnose_client(changed: Client, text: str = "", **more):
    return diagnose_request(changed.request(), text, hosts=("app.internal:8000",), **more)


@pytest.mark.parametrize("case", EVERYTHING)
def test_a_mistake_is_found_from_the_signature_alone(case):
    changes, name, part = EVERYTHING[case]
    diagnosis = diagnose_client(client(**changes))
    assert diagnosis.is_explained
    assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)


@pytest.mark.parametrize("case", IN_THE_TEXT)
def test_a_mistake_is_named_from_the_text_though_the_key_is_unknown(case):
    changes, name, part = IN_THE_TEXT[case]
    changed = client(**changes)
    diagnosis = diagnose_client(changed, changed.canonical, secrets=())
    assert not diagnosis.is_explained
    assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)


@pytest.mark.parametrize("case", IN_THE_TEXT)
def test_the_client_s_text_is_found_out_and_laid_beside_the_portal_s(case):
    changed = client(**IN_THE_TEXT[case][0])
    rows = diagnose_client(changed).rows
    theirs = [f"{row.client.before}{row.client.differing}{row.client.after}" for row in rows if row.client]
    assert "\n".join(theirs) == changed.canonical
    assert sum(row.is_first for row in rows) == 1


@pytest.mark.parametrize("case", IN_THE_TEXT)
def test_a_pasted_text_with_the_right_key_says_that_only_the_text_differs(case):
    changed = client(**IN_THE_TEXT[case][0])
    assert diagnose_client(changed, changed.canonical).headline.startswith("The key is right")


@pytest.mark.parametrize("case", IN_THE_TEXT)
def test_the_hash_in_a_string_to_sign_is_enough(case):
    changes, name, part = IN_THE_TEXT[case]
    changed = client(**changes)
    diagnosis = diagnose_client(changed, changed.string_to_sign, secrets=())
    assert any(mistake.name == name and part in mistake.advice for mistake in diagnosis.mistakes), advice(diagnosis)


def test_two_mistakes_at_once_are_both_found():
    diagnosis = diagnose_client(client(**query(CANONICAL_QUERY.replace("%20", "+")), end="\n"))
    assert {mistake.name for mistake in diagnosis.mistakes} == {"Percent-encoding", "Trailing newline"}


def test_a_missing_line_of_an_empty_query_is_named():
    changed = client(query="", signed=("GET", PATH))
    diagnosis = diagnose_client(changed)
    assert "The line of the query is missing" in advice(diagnosis)
    assert [row.state for row in diagnosis.rows if row.role == "query"] == [State.MISSING]


def test_either_spelling_of_the_default_port_is_no_mistake():
    changed = client(**host(f"{HOST}:443"), key=b"nobody's")
    diagnosis = diagnose_client(changed, changed.canonical)
    assert {row.state for row in diagnosis.rows} == {State.SAME}


def test_the_date_of_a_pasted_string_to_sign_is_compared():
    changed = client(stamp="20261124T103000Z", key=b"nobody's")
    (row,) = (row for row in diagnose_client(changed, changed.string_to_sign).string_rows if row.state is State.DIFFERENT)
    assert row.role == "date"
    assert row.mistakes[0].name == "Clock"


def test_canonical_request_and_string_to_sign_may_be_pasted_together():
    changed = client(**query(QUERY), stamp="20261124T103000Z")
    diagnosis = diagnose_client(changed, f"{changed.canonical}\n\n{changed.string_to_sign}\n")
    assert {"Query as sent", "Clock"} <= {mistake.name for mistake in diagnosis.mistakes}


def test_a_text_that_a_log_shows_on_one_line_is_read():
    changed = client(**query(QUERY))
    diagnosis = diagnose_client(changed, repr(changed.canonical))
    assert diagnosis.headline.startswith("The key is right")


def test_a_difference_without_a_name_is_still_marked():
    changed = client(**query(CANONICAL_QUERY.replace("101", "102")))
    (row,) = (row for row in diagnose_client(changed, changed.canonical).rows if row.state is State.DIFFERENT)
    assert (row.portal.differing, row.client.differing) == ("1", "2")
    assert row.explanation == "At character 10 the portal has “1”, the client “2”."


def test_the_same_text_with_an_unknown_key_points_at_the_private_password():
    changed = client(key=b"nobody's")
    assert "Both sign the same text" in diagnose_client(changed, changed.canonical).headline


def test_what_cannot_be_explained_asks_for_the_client_s_text():
    assert "Paste what the client signed" in diagnose_client(client(key=b"nobody's")).headline


def test_a_request_that_is_right_has_no_mistakes():
    assert diagnose_client(client()).mistakes == ()


def test_a_date_far_away_breaks_nothing():
    far = (("host", HOST), ("x-sn-date", "Fri, 31 Dec 9999 23:59:59 GMT"))
    assert diagnose_request(client(headers=far).request(), now=NOW + timedelta(days=1)).is_explained is False
