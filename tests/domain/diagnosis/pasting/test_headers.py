"""Headers as tools print them."""

import json

import pytest

from tokens.domain.diagnosis.pasting.headers import read_headers

EXPECTED = (("host", "data.example.org"), ("x-sn-date", "Tue, 24 Nov 2026 09:30:00 GMT"), ("authorization", "SNWS2 Credential=a"))
PLAIN = "Host: data.example.org\nX-SN-Date: Tue, 24 Nov 2026 09:30:00 GMT\nAuthorization: SNWS2 Credential=a"
CURL = """* Connected to data.example.org (127.0.0.1) port 443
> GET /solarquery/x?a=1 HTTP/1.1
> Host: data.example.org
> X-SN-Date: Tue, 24 Nov 2026 09:30:00 GMT
> Authorization: SNWS2 Credential=a
>
{ [5 bytes data]
< HTTP/1.1 401 Unauthorized
< Date: Tue, 24 Nov 2026 10:30:00 GMT
< Content-Type: application/json
"""
FORMATS = {
    "plain": PLAIN,
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "indented": "\n".join(f"    {line}" for line in PLAIN.split("\n")),
    "a raw message": f"GET /solarquery/x?a=1 HTTP/1.1\n{PLAIN}\n\n",
    "curl -v": CURL,
    "a log of an HTTP library": "\n".join(f"10:30:00.123 DEBUG http-outgoing-0 >> {line}" for line in PLAIN.split("\n")),
    "HTTP/2 pseudo headers": f":authority: data.example.org\n:method: GET\n:path: /x\n{PLAIN.partition(chr(10))[2]}",
    "a table of names and values": PLAIN.replace(": ", "\n"),
    "JSON": json.dumps(dict(line.split(": ") for line in PLAIN.splitlines())),
    "a Python dictionary": repr(dict(line.split(": ") for line in PLAIN.splitlines())),
    "Python's http.client": "send: b'GET /x HTTP/1.1\\r\\n" + PLAIN.replace("\n", "\\r\\n") + "\\r\\n\\r\\n'",
    "a folded header": PLAIN.replace("SNWS2 ", "SNWS2\n  "),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read(name):
    assert read_headers(FORMATS[name]).headers == EXPECTED


def test_the_request_line_is_read():
    read = read_headers(CURL)
    assert (read.method, read.target, read.answered) == ("GET", "/solarquery/x?a=1", "Tue, 24 Nov 2026 10:30:00 GMT")


def test_pseudo_headers_are_a_request_line():
    read = read_headers(":method: POST\n:path: /x?y\n:scheme: https\n:authority: data.example.org")
    assert (read.method, read.target, read.scheme) == ("POST", "/x?y", "https")


def test_the_answer_of_a_raw_exchange_is_no_part_of_the_request():
    read = read_headers(f"GET /x HTTP/1.1\n{PLAIN}\nHTTP/1.1 401 Unauthorized\nDate: Tue, 24 Nov 2026 10:30:00 GMT\nServer: x")
    assert read.headers == EXPECTED
    assert read.answered == "Tue, 24 Nov 2026 10:30:00 GMT"


def test_the_body_of_a_raw_message_is_read():
    assert read_headers(f"POST /x HTTP/1.1\n{PLAIN}\n\na=1\nb=2").body == "a=1\nb=2"


def test_what_is_no_header_is_counted():
    assert read_headers(f"what is this\n{PLAIN}").unread == 1


def test_a_header_sent_twice_is_there_twice():
    assert read_headers("a: 1\na: 2\nb: 3").headers == (("a", "1"), ("a", "2"), ("b", "3"))


def test_quotes_inside_a_value_in_json_are_read():
    read = read_headers('{"Signature-Input": "sn=(\\"@method\\");created=1", "Host": "a.example.org"}')
    assert read.headers[0] == ("signature-input", 'sn=("@method");created=1')
