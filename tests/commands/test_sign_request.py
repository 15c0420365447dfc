"""A curl command; no test here may touch the database."""

import json
import shlex
from datetime import UTC, datetime

import pytest
import time_machine

from tests.commands.conftest import NOW, SECRET, TOKEN_ID
from tokens.domain.signing.snws2.keys import signing_key

URL = "https://data.example.org/solarquery/api/v1/sec/nodes?a=1"


@pytest.fixture
def sign(run, monkeypatch):
    monkeypatch.setenv("SNWS2_SECRET", SECRET)

    def sign_request(method="GET", url=URL, *arguments):
        with time_machine.travel(NOW, tick=False):
            return run("sign_request", method, url, "--token-id", TOKEN_ID, *arguments)

    return sign_request


def parsed(line):
    """Parse a command as curl does."""
    words = shlex.split(line)
    headers = [words[at + 1] for at, word in enumerate(words) if word == "--header"]
    return {
        "method": words[words.index("--request") + 1] if "--request" in words else "HEAD",
        "url": words[-1],
        "headers": {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)},
        "body": words[words.index("--data-raw") + 1] if "--data-raw" in words else None,
        "now": NOW.isoformat(),
        "token": {"id": TOKEN_ID, "secret": SECRET, "type": "User"},
    }


@pytest.mark.parametrize(
    ("method", "url", "arguments"),
    [
        ("GET", URL, ()),
        ("get", URL, ()),
        ("HEAD", URL, ()),
        ("DELETE", "http://Data.Example.org:8080/x", ()),
        ("GET", "https://data.example.org", ()),
        ("GET", "https://data.example.org?x", ()),
        ("GET", "https://data.example.org/a b/../é?q=ü&s=/a/*#top", ()),
        ("POST", URL, ("-d", '{"it": "\'s"}')),
        ("POST", URL, ("-d", "a=1&b=%20")),
        ("POST", URL, ("-d", "a=1", "-H", "X-SN-Foo: bar")),
        ("PUT", URL, ("-d", "plain", "-H", "Content-Type: text/plain", "-H", "X-Other: unsigned")),
        ("GET", URL, ("-H", "Host: other.example.org")),
    ],
)
def test_the_signed_request_is_allowed(sign, explain, method, url, arguments):
    result = sign(method, url, *arguments)
    assert result.code == 0, result.err
    assert explain(parsed(result.out))["outcome"] == "allowed", result.out


def test_the_secret_is_not_printed(sign):
    result = sign()
    assert SECRET not in result.out + result.err


def test_it_is_quoted_for_the_shell(sign):
    words = shlex.split(sign("GET", "https://data.example.org/$(id)?`x`&;|", "-H", "X-A: $HOME").out)
    assert words[-1] == "https://data.example.org/$(id)?`x`&;|"
    assert "x-a: $HOME" in words


def test_a_file_is_sent_as_it_is(sign, explain, tmp_path):
    path = tmp_path / "body.json"
    path.write_text(json.dumps({"nodeIds": [1]}))
    line = sign("POST", URL, "-d", f"@{path}").out
    assert f"@{path}" in shlex.split(line)
    assert explain({**parsed(line), "body": path.read_text()})["outcome"] == "allowed"


def test_a_signing_key_signs_too(sign, explain, monkeypatch):
    monkeypatch.delenv("SNWS2_SECRET")
    monkeypatch.setenv("SNWS2_SIGNING_KEY", signing_key(SECRET, datetime(2026, 11, 20, tzinfo=UTC)).hex())
    assert explain(parsed(sign().out))["outcome"] == "allowed"


def test_without_a_variable_the_secret_is_prompted_for(sign, explain, monkeypatch):
    monkeypatch.delenv("SNWS2_SECRET")
    monkeypatch.setattr("getpass.getpass", lambda _: SECRET)
    assert explain(parsed(sign().out))["outcome"] == "allowed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("GET", "/only/a/path"), "absolute"),
        (("GET", "ftp://x/y"), "absolute"),
        (("GET", "https://user:word@x/y"), "absolute"),
        (("GET", "https://x:port/y"), "absolute"),
        (("GET", URL, "-H", "nonsense"), "Name: value"),
        (("GET", URL, "-H", "Authorization: x"), "Leave it out"),
        (("GET", URL, "-H", "X: 1", "-H", "x: 2"), "given twice"),
        (("POST", URL, "-d", "@/none/such"), "cannot be read"),
    ],
)
def test_an_invalid_argument_is_reported(sign, arguments, message):
    result = sign(*arguments)
    assert (result.code, message in result.err) == (2, True), result.err


def test_a_token_that_a_header_cannot_carry_is_rejected(run, monkeypatch):
    monkeypatch.setenv("SNWS2_SECRET", SECRET)
    assert run("sign_request", "GET", URL, "--token-id", "a,b").code == 1


def test_an_invalid_signing_key_is_not_printed(sign, monkeypatch):
    monkeypatch.delenv("SNWS2_SECRET")
    monkeypatch.setenv("SNWS2_SIGNING_KEY", "c0ffee")
    result = sign()
    assert (result.code, "c0ffee" in result.err) == (2, False)


def test_a_missing_token_is_reported(run, monkeypatch):
    monkeypatch.delenv("SNWS2_TOKEN", raising=False)
    assert run("sign_request", "GET", URL).code == 2
