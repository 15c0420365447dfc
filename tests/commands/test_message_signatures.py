"""`sign_request --scheme rfc9421` and `explain_request` for what it signs; no test here may touch the database."""

import json
import shlex
from datetime import date

import pytest
import time_machine

from tests.commands.conftest import NOW, SECRET, TOKEN_ID
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.keys import signing_key
from tokens.domain.signing.rfc9421.signer import Signer
from tokens.domain.signing.rfc9421.signer import sign as sign_message
from tokens.domain.signing.snws2 import keys as snws2_keys

URL = "https://data.example.org/solarquery/api/v1/sec/nodes?b=1&a=%2F"


@pytest.fixture
def sign(run, monkeypatch):
    monkeypatch.setenv("SNWS2_SECRET", SECRET)

    def sign_request(method="GET", url=URL, *arguments, scheme="rfc9421"):
        with time_machine.travel(NOW, tick=False):
            return run("sign_request", method, url, "--token-id", TOKEN_ID, "--scheme", scheme, *arguments)

    return sign_request


def parsed(line):
    """Parse a command as curl does."""
    words = shlex.split(line)
    headers = [words[at + 1] for at, word in enumerate(words) if word == "--header"]
    return {
        "method": words[words.index("--request") + 1] if "--request" in words else "HEAD",
        "url": words[-1],
        "headers": {name: value.strip() for name, _, value in (header.partition(":") for header in headers)},
        "body": words[words.index("--data-raw") + 1] if "--data-raw" in words else None,
        "now": NOW.isoformat(),
        "token": {"id": TOKEN_ID, "secret": SECRET, "type": "User"},
    }


def signature_step(explanation):
    return next(step["detail"] for step in explanation["steps"] if step["step"] == "signature")


class TestSigning:
    @pytest.mark.parametrize(
        ("method", "url", "arguments"),
        [
            ("GET", URL, ()),
            ("HEAD", URL, ()),
            ("DELETE", "http://Data.Example.org:8080/x", ()),
            ("GET", "https://data.example.org:443/x", ()),
            ("GET", "https://data.example.org", ()),
            ("GET", "https://data.example.org/x?", ()),
            ("GET", "https://data.example.org/a b/../é?q=ü&s=/a/*#top", ()),
            ("POST", URL, ("-d", '{"it": "\'s"}')),
            ("POST", URL, ("-d", "a=1&b=%20")),
            ("POST", URL, ("-d", "a=1", "-H", "X-SN-Foo: bar")),
            ("GET", URL, ("-H", "Host: other.example.org")),
            ("GET", URL, ("--direct",)),
            ("GET", URL, ("--key-day", "2026-11-18")),
            ("GET", URL, ("--key-day", "2026-11-25")),
        ],
    )
    def test_the_signed_request_is_allowed(self, sign, explain, method, url, arguments):
        result = sign(method, url, *arguments)
        assert result.code == 0, result.err
        assert explain(parsed(result.out))["outcome"] == "allowed", result.out

    @pytest.mark.parametrize(
        ("arguments", "key"),
        [((), "2026-11-24"), (("--key-day", "2026-11-20"), "2026-11-20"), (("--direct",), "private password")],
    )
    def test_the_key_is_the_one_asked_for(self, sign, explain, arguments, key):
        assert key in signature_step(explain(parsed(sign("GET", URL, *arguments).out)))

    @pytest.mark.parametrize(("arguments", "day"), [((), 24), (("--key-day", "2026-11-20"), 20)])
    def test_a_signing_key_signs_too(self, sign, explain, monkeypatch, arguments, day):
        monkeypatch.delenv("SNWS2_SECRET")
        monkeypatch.setenv("SNWS3_SIGNING_KEY", signing_key(SECRET, date(2026, 11, day)).hex())
        assert explain(parsed(sign("GET", URL, *arguments).out))["outcome"] == "allowed"

    def test_a_signing_key_of_snws2_is_not_taken_for_one(self, sign, explain, monkeypatch):
        monkeypatch.delenv("SNWS2_SECRET")
        monkeypatch.setenv("SNWS2_SIGNING_KEY", snws2_keys.signing_key(SECRET, NOW.date()).hex())
        monkeypatch.setattr("getpass.getpass", lambda _: SECRET)
        assert explain(parsed(sign().out))["outcome"] == "allowed"

    def test_the_secret_is_not_printed(self, sign):
        for result in (sign(), sign("GET", URL, "--direct")):
            assert SECRET not in result.out + result.err

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("--key-day", "24.11.2026"), "2026-11-24"),
            (("-H", "Signature: x"), "Leave it out"),
            (("-H", "signature-input: x"), "Leave it out"),
        ],
    )
    def test_an_invalid_argument_is_reported(self, sign, arguments, message):
        result = sign("GET", URL, *arguments)
        assert (result.code, message in result.err) == (2, True), result.err

    @pytest.mark.parametrize("arguments", [("--direct",), ("--key-day", "2026-11-24")])
    def test_the_keys_of_this_scheme_are_no_use_in_the_other(self, sign, arguments):
        result = sign("GET", URL, *arguments, scheme="snws2")
        assert (result.code, "rfc9421" in result.err) == (2, True)

    def test_a_key_of_a_day_that_cannot_sign_today_is_rejected(self, sign):
        assert sign("GET", URL, "--key-day", "2026-11-17").code == 1

    @pytest.mark.parametrize("token_id", ["a:b", "a b"])
    def test_a_token_that_cannot_be_named_is_rejected(self, run, monkeypatch, token_id):
        monkeypatch.setenv("SNWS2_SECRET", SECRET)
        assert run("sign_request", "GET", URL, "--token-id", token_id, "--scheme", "rfc9421").code == 1


def document(*, components=None, secret=SECRET, expires=None, signer=None, headers=(), **fields):
    """Return the document of a request with a message signature."""
    unsigned = SignedRequest(
        "GET", "/solarquery/api/v1/sec/nodes", "b=1", (("host", "data.example.org"), *headers), scheme="https"
    )
    signer = signer or Signer.of_day(TOKEN_ID, secret, NOW.date())
    signed = sign_message(unsigned, signer, now=NOW, components=components, expires=expires)
    return {
        "method": "GET",
        "url": "https://data.example.org/solarquery/api/v1/sec/nodes?b=1",
        "headers": dict(signed.headers),
        "now": NOW.isoformat(),
        "token": {"id": TOKEN_ID, "secret": SECRET, "type": "User"},
        **fields,
    }


class TestExplaining:
    def test_both_texts_are_the_signature_base(self, explain):
        explanation = explain(document())
        assert explanation["outcome"] == "allowed"
        assert explanation["canonical_request"].startswith('"@method": GET\n"@authority": data.example.org\n')
        assert explanation["string_to_sign"] == explanation["canonical_request"]

    def test_people_see_the_signature_base_once(self, run):
        out = run("explain_request", "-", stdin=json.dumps(document())).out
        assert out.count("Signature base:") == out.count('  | "@path": ') == 1
        assert "Canonical request" not in out

    def test_what_must_be_covered_is_listed(self, run):
        bare = document()
        bare["headers"]["X-SN-Added"] = "1"
        out = run("explain_request", "-", stdin=json.dumps(bare)).out
        assert "✗ wellFormed: The signature must also cover 'x-sn-added'" in out
        assert 'sn=("@method" "@authority" "@path" "@query" "x-sn-added");created;keyid;tag="solarnetwork"' in out

    def test_the_key_that_did_not_fit_is_named(self, run):
        out = run("explain_request", "-", stdin=json.dumps(document(secret="snts_other"))).out
        assert "The signing key of 2026-11-24 (SNWS3)" in out
        assert "made with SNWS3, not SNWS2" in out

    def test_a_signature_past_its_end_is_a_wrong_date(self, explain):
        explanation = explain(document(expires=NOW, now="2026-11-24T09:30:01Z"))
        assert (explanation["code"], explanation["steps"][-1]["step"]) == ("REQUEST_DATE", "date")

    def test_the_scheme_of_a_path_is_not_known(self, explain):
        http = document(components=("@method", "@target-uri"))
        assert explain({**http, "url": "/solarquery/api/v1/sec/nodes?b=1"})["outcome"] == "allowed"
        assert explain({**http, "url": http["url"].replace("https", "http")})["outcome"] == "unauthenticated"

    def test_lines_of_a_field_are_a_list(self, explain):
        unsigned = document(headers=[("x-sn-a", "1"), ("x-sn-a", "2")])
        assert explain({**unsigned, "headers": {**unsigned["headers"], "x-sn-a": ["1", "2"]}})["outcome"] == "allowed"

    def test_the_secret_is_never_printed(self, run):
        for requested in (document(), document(signer=Signer.of_secret(TOKEN_ID, SECRET)), document(secret="snts_wrong")):
            for form in ([], ["--json"]):
                result = run("explain_request", *form, "-", stdin=json.dumps(requested))
                assert SECRET not in result.out + result.err
