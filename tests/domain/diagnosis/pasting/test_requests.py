"""The fields of the form become one request, or the problems say which field is missing."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import md5, sha256

import pytest

from tokens.domain.diagnosis.pasting.requests import Fields, read_request
from tokens.domain.signing.snws2.digests import sha256_digest

HEADERS = "Host: data.example.org\nX-SN-Date: Tue, 24 Nov 2026 09:30:00 GMT"
COMMAND = """curl 'https://data.example.org/solarquery/x?a=b%20c' \\
  -H 'Accept: */*' --header 'X-SN-Date: Tue, 24 Nov 2026 09:30:00 GMT' \\
  --compressed -XPUT --data-raw '{"a": 1}' -o /dev/null"""


def read(**fields):
    return read_request(Fields(**fields))


def problems(**fields):
    return {problem.field for problem in read(**fields).problems}


class TestAddress:
    @pytest.mark.parametrize(
        ("address", "hosts"),
        [
            ("https://api.example.org/x?y=1#z", ("data.example.org", "data.example.org:443")),
            ("/x?y=1", ("data.example.org", "data.example.org:80", "data.example.org:443")),
            ("data.example.org/x?y=1", ("data.example.org", "data.example.org:80", "data.example.org:443")),
        ],
    )
    def test_it_may_be_absolute_a_path_or_begin_with_the_host(self, address, hosts):
        request = read(address=address, headers=HEADERS).request
        assert (request.path, request.query, request.hosts) == ("/x", "y=1", hosts)

    def test_without_a_host_header_that_of_the_address_counts(self):
        assert read(address="http://a.example.org:8080/x", headers="X-SN-Date: x").request.hosts == ("a.example.org:8080",)

    def test_the_other_hosts_are_kept_as_suspects(self):
        text = f"{HEADERS}\nX-Forwarded-Host: front.example.org\nForwarded: for=1.2.3.4;host=edge.example.org"
        assert read(address="https://a.example.org/x", headers=text).hosts == (
            "data.example.org",
            "a.example.org",
            "front.example.org",
            "edge.example.org",
        )

    def test_the_request_line_of_the_headers_will_do(self):
        request = read(headers=f"POST /x?y HTTP/1.1\n{HEADERS}").request
        assert (request.method, request.path, request.query) == ("POST", "/x", "y")

    def test_an_empty_query_is_told_from_none(self):
        assert read(address="/x?", headers=HEADERS).request.has_query
        assert not read(address="/x", headers=HEADERS).request.has_query


class TestProblems:
    def test_each_missing_field_is_named(self):
        assert problems() == {"address", "headers"}
        assert problems(address="/x", headers="X-SN-Date: y") == {"address"}
        assert problems(address="/x", headers=HEADERS, method="G T") == {"method"}

    @pytest.mark.parametrize("more", ["Content-Length: 5", "Transfer-Encoding: chunked"])
    def test_a_body_that_nothing_stands_for_must_be_pasted(self, more):
        assert problems(address="/x", headers=f"{HEADERS}\n{more}") == {"body"}

    def test_the_body_of_a_form_must_be_pasted(self):
        more = "Content-Type: application/x-www-form-urlencoded\nContent-Length: 5"
        assert problems(method="POST", address="/x", headers=f"{HEADERS}\n{more}\n{sha256_digest(b'a=1')}") == {"body"}


class TestBody:
    @pytest.mark.parametrize("sent", [b"a\nb", b"a\r\nb", b"a\nb\n", b"a\r\nb\r\n"])
    @pytest.mark.parametrize("kind", ["Digest", "Content-Digest", "Content-MD5", "Content-Length"])
    def test_its_line_ends_are_those_that_the_headers_ask_for(self, sent, kind):
        stated = {
            "Digest": sha256_digest(sent),
            "Content-Digest": f"sha-256=:{b64encode(sha256(sent).digest()).decode()}:",
            "Content-MD5": b64encode(md5(sent, usedforsecurity=False).digest()).decode(),
            "Content-Length": str(len(sent)),
        }[kind]
        body = read(address="/x", headers=f"{HEADERS}\n{kind}: {stated}", body="a\r\nb").request.body
        # Two bodies have the same length: either is as good.
        assert len(body) == len(sent) if kind == "Content-Length" else body == sent

    def test_a_digest_stands_for_one_that_was_not_pasted(self):
        reading = read(method="POST", address="/x", headers=f"{HEADERS}\nDigest: {sha256_digest(b'x')}\nContent-Length: 1")
        assert (reading.request.body, reading.request.has_body) == (None, True)
        assert "digest in the headers is used" in reading.notes[0]


class TestCurl:
    def test_a_command_is_read_whole(self):
        request = read(headers=COMMAND).request
        assert (request.method, request.path, request.query, request.body) == ("PUT", "/solarquery/x", "a=b%20c", b'{"a": 1}')
        assert request.headers == (
            ("accept", "*/*"),
            ("x-sn-date", "Tue, 24 Nov 2026 09:30:00 GMT"),
            ("content-type", "application/x-www-form-urlencoded"),
        )

    def test_data_makes_it_a_post(self):
        assert read(headers="curl https://a.example.org/x -d a=1 --json '{}'").request.method == "POST"

    def test_open_quotes_are_no_error(self):
        assert "headers" in problems(headers="curl 'https://a.example.org/x")


def test_the_answer_s_date_is_the_clock():
    text = (
        f"> GET /x HTTP/1.1\n> {HEADERS.replace(chr(10), chr(10) + '> ')}\n< HTTP/1.1 401\n< Date: Tue, 24 Nov 2026 10:00:00 GMT"
    )
    assert read(headers=text).answered == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_fields_that_contradict_the_request_line_are_noted():
    notes = read(method="GET", address="/z", headers=f"POST /x HTTP/1.1\n{HEADERS}\nnonsense").notes
    assert [part in note for part, note in zip(("says POST", "another address", "1 of the lines"), notes, strict=True)] == [
        True
    ] * 3
