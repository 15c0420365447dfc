"""The signature debugger. No test here may touch the database: without the `db` mark, pytest-django refuses it."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import NOW, SECRET, TOKEN_ID, document, last_step
from tests.factories import issue
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign
from tokens.models import AuditEvent, SecurityToken

EXAMPLES = json.loads((Path(__file__).parents[1] / "domain/signing/vectors.json").read_text())
LIST = "/solarquery/api/v1/sec/datum/list"


def example_document(example, **token):
    value = f"SNWS2 Credential={TOKEN_ID},SignedHeaders={example['signed_headers']},Signature={example['signature']}"
    query = f"?{example['query']}" if example["query"] else ""
    return {
        "method": example["method"],
        "url": f"{example['path']}{query}",
        "headers": {**example["headers"], "Authorization": value},
        "body": example["body"],
        "now": "2026-11-24T09:30:00Z",
        "token": {"id": TOKEN_ID, "secret": SECRET, "type": "User", **token},
    }


class TestOutput:
    @pytest.mark.parametrize("example", EXAMPLES["requests"], ids=lambda example: example["name"])
    def test_the_published_examples_are_allowed(self, explain, example):
        explanation = explain(example_document(example))
        assert (explanation["outcome"], explanation["status"], explanation["code"]) == ("allowed", 200, "OK")
        assert explanation["canonical_request"] == example["canonical_request"]
        assert explanation["string_to_sign"] == example["string_to_sign"]

    def test_it_has_exactly_the_keys_of_the_contract(self, explain):
        explanation = explain()
        assert set(explanation) == {"outcome", "status", "code", "steps", "canonical_request", "string_to_sign", "effective"}
        assert all(set(step) == {"step", "ok", "detail"} for step in explanation["steps"])
        assert set(explanation["effective"]) == {"nodeIds", "sourceIds", "aggregation", "metadata"}

    def test_the_steps_come_in_the_order_of_judging(self, explain):
        names = [step["step"] for step in explain()["steps"]]
        assert names[:8] == ["wellFormed", "knownToken", "signature", "date", "status", "expiry", "type", "apiPaths"]

    def test_a_denied_request_has_no_effective_restrictions(self, explain):
        explanation = explain(status="Disabled", policy={"nodeIds": [1]})
        assert explanation["effective"] == {"nodeIds": None, "sourceIds": None, "aggregation": None, "metadata": None}

    def test_the_secret_is_never_printed(self, run):
        for requested in (document(), document(secret="snts_wrong"), {**document(), "headers": {}}, document(policy={"x": 1})):
            for form in ([], ["--json"]):
                result = run("explain_request", *form, "-", stdin=json.dumps(requested))
                assert SECRET not in result.out + result.err

    def test_people_get_numbered_steps_and_hints(self, run):
        result = run("explain_request", "-", stdin=json.dumps(document(secret="snts_wrong")))
        assert "1. ✓ wellFormed" in result.out
        assert "3. ✗ signature" in result.out
        assert "Hint:" in result.out
        assert "Unauthenticated: 401 UNAUTHENTICATED" in result.out

    def test_a_file_is_read(self, run, tmp_path):
        path = tmp_path / "request.json"
        path.write_text(json.dumps(document()))
        assert json.loads(run("explain_request", "--json", str(path)).out)["outcome"] == "allowed"

    def test_any_encoding_that_json_allows_is_read(self, run):
        result = run("explain_request", "--json", "-", stdin=json.dumps(document()).encode("utf-16"))
        assert json.loads(result.out)["outcome"] == "allowed"


class TestUntilTheSignature:
    """Every failure is the same 401; only the steps differ."""

    @pytest.mark.parametrize(
        ("change", "step"),
        [
            ({"headers": {}}, "wellFormed"),
            ({"headers": {"Authorization": "Basic abc"}}, "wellFormed"),
            ({"headers": {"Authorization": "SNWS2 " + "x" * 9000}}, "wellFormed"),
            ({"method": "POST"}, "signature"),
            ({"url": LIST + "?nodeId=1"}, "signature"),
            ({"body": "x"}, "signature"),
            ({"url": "datum/list"}, "wellFormed"),
            ({"method": "ge t"}, "wellFormed"),
        ],
    )
    def test_it_is_unauthenticated(self, explain, change, step):
        explanation = explain({**document(), **change})
        assert (explanation["outcome"], explanation["status"], explanation["code"]) == ("unauthenticated", 401, "UNAUTHENTICATED")
        assert last_step(explanation) == (step, False)

    def test_another_identifier_than_the_tokens_is_unknown(self, explain):
        explanation = explain(id="AnotherOne0123456789")
        assert (explanation["status"], last_step(explanation)) == (401, ("knownToken", False))
        assert explanation["canonical_request"]

    def test_a_wrong_secret_still_shows_what_must_be_signed(self, explain):
        explanation = explain(secret="snts_wrong")
        assert last_step(explanation) == ("signature", False)
        assert explanation["string_to_sign"].startswith("SNWS2-HMAC-SHA256\n20261124T093000Z\n")

    def test_a_header_that_was_sent_twice_is_not_well_formed(self, explain):
        requested = document()
        requested["headers"]["x-sn-date"] = [requested["headers"]["x-sn-date"]] * 2
        assert last_step(explain(requested)) == ("wellFormed", False)

    def test_a_disabled_token_with_a_wrong_signature_looks_like_any_other(self, explain):
        assert explain(secret="snts_wrong", status="Disabled")["code"] == "UNAUTHENTICATED"

    def test_a_body_of_more_than_a_megabyte_is_not_read(self, explain):
        explanation = explain({**document(), "body": "x" * 1_048_577})
        assert (explanation["outcome"], explanation["status"], explanation["code"]) == ("denied", 413, "TOO_LARGE")


class TestTheUrl:
    @pytest.mark.parametrize("host", ["data.example.org", "data.example.org:443"])
    def test_the_default_port_of_https_may_be_written_or_left_out(self, explain, host):
        requested = document()
        requested["headers"]["host"] = host
        assert explain({**requested, "url": f"https://data.example.org{LIST}"})["outcome"] == "allowed"

    def test_the_default_port_of_another_scheme_may_not(self, explain):
        requested = document()
        requested["headers"]["host"] = "data.example.org:80"
        assert explain({**requested, "url": f"https://data.example.org{LIST}"})["outcome"] == "unauthenticated"

    def test_a_missing_host_header_is_taken_from_the_url(self, explain):
        requested = document()
        del requested["headers"]["host"]
        assert explain({**requested, "url": f"https://data.example.org{LIST}"})["outcome"] == "allowed"

    def test_the_host_header_counts_before_the_url(self, explain):
        assert explain({**document(), "url": f"https://other.example.org{LIST}"})["outcome"] == "allowed"

    def test_the_fragment_is_ignored(self, explain):
        assert explain({**document(), "url": f"{LIST}#top"})["outcome"] == "allowed"

    @pytest.mark.parametrize("path", ["/a//b", "/a/../b", "/a/./b", "/%7Ea", "/a%2fb"])
    def test_the_path_is_never_tidied_up(self, explain, path):
        assert explain(url=path)["canonical_request"].split("\n")[1] == path

    def test_an_absolute_url_without_a_path_means_the_root(self, explain):
        requested = {**document(url="/"), "url": "https://data.example.org"}
        assert explain(requested)["outcome"] == "allowed"


class TestTheClock:
    @pytest.mark.parametrize(
        ("now", "allowed"),
        [
            ("2026-11-24T09:44:59Z", True),
            ("2026-11-24T09:44:59.999999Z", True),
            ("2026-11-24T09:45:00Z", False),
            ("2026-11-24T09:15:01Z", True),
            ("2026-11-24T09:15:00Z", False),
            ("2026-11-24T10:30:00+01:00", True),
            ("2026-11-24T09:30:00", True),
        ],
    )
    def test_less_than_fifteen_minutes_off_passes(self, explain, now, allowed):
        explanation = explain(now=now)
        assert explanation["outcome"] == ("allowed" if allowed else "denied")
        assert allowed or explanation["code"] == "REQUEST_DATE"


class TestInvalidDocuments:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"method": None}, "“method” is missing"),
            ({"url": 1}, "“url” is not text"),
            ({"headers": None}, "“headers” is missing"),
            ({"headers": {"a": None}}, "'a'"),
            ({"body": {}}, "“body” is not text"),
            ({"now": "yesterday"}, "ISO 8601"),
            ({"now": "0001-01-01T00:00:00+05:00"}, "ISO 8601"),
            ({"now": 1}, "“now” is not text"),
            ({"token": []}, "“token” is not an object"),
            ({"token": {"id": "x", "secret": "y"}}, "“token.type”"),
            ({"token": {"id": "x", "type": "User"}}, "“token.secret” is missing"),
            ({"token": {"id": "x", "secret": "y", "type": "User", "status": "On"}}, "“token.status”"),
            ({"token": {"id": "x", "secret": "y", "type": "User", "nodes": ["1"]}}, "“token.nodes”"),
            ({"metadata": {"kind": "site", "document": {}}}, "“metadata.kind”"),
            ({"metadata": {"kind": "node"}}, "“document”"),
        ],
    )
    def test_the_part_is_named(self, run, change, message):
        result = run("explain_request", "-", stdin=json.dumps({**document(), **change}))
        assert (result.code, message in result.err) == (2, True), result.err

    @pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": 1, "a": 2}', "[" * 100_000, "NaN", b"\xff\xfe\xff"])
    def test_a_document_must_be_an_object(self, run, text):
        result = run("explain_request", "--json", "-", stdin=text)
        assert (result.code, result.out) == (2, "")

    def test_a_missing_file_is_reported(self, run, tmp_path):
        result = run("explain_request", str(tmp_path / "none.json"))
        assert (result.code, "none.json" in result.err) == (2, True)


class TestLines:
    def test_each_line_has_one_result(self, run):
        requested = [document(), document(secret="snts_wrong"), document(status="Disabled")]
        result = run("explain_request", "--lines", "-", stdin="\n".join(map(json.dumps, requested)))
        assert [json.loads(line)["status"] for line in result.out.splitlines()] == [200, 401, 403]

    def test_an_invalid_line_has_its_error_and_the_others_are_judged(self, run):
        unwritable = json.dumps(document(metadata={"kind": "node", "document": {"m": {"a": 1e308}}})).replace("1e+308", "1e999")
        lines = ["{", json.dumps(document()), "", unwritable]
        result = run("explain_request", "--lines", "-", stdin="\n".join(lines))
        explanations = [json.loads(line) for line in result.out.splitlines()]
        assert [explanation.get("line") for explanation in explanations] == [1, None, 4]
        assert result.code == 0
        assert "2 of the lines" in result.err

    def test_one_lines_token_does_not_leak_into_the_next(self, run):
        requested = [document(policy={"nodeIds": [1]}), document()]
        result = run("explain_request", "--lines", "-", stdin="\n".join(map(json.dumps, requested)))
        assert [json.loads(line)["effective"]["nodeIds"] for line in result.out.splitlines()] == [[1], None]


class TestATokenThatIsLookedUp:
    def explain_issued(self, explain, issued, url=LIST):
        unsigned = SignedRequest("GET", url, headers=(("host", "data.example.org"),))
        signed = sign(unsigned, token_id=issued.token.token_id, secret=issued.value, now=NOW)
        return explain({"method": "GET", "url": url, "headers": dict(signed.headers), "now": NOW.isoformat()})

    def test_it_is_judged_by_its_stored_policy_and_its_accounts_nodes(self, explain, alice):
        assert self.explain_issued(explain, issue(alice))["effective"]["nodeIds"] == [101, 102]

    def test_an_explanation_does_not_count_as_use(self, explain, alice):
        self.explain_issued(explain, issue(alice))
        assert SecurityToken.objects.get().last_used_at is None

    def test_a_refusal_is_not_written_to_the_audit_trail(self, explain, alice):
        assert self.explain_issued(explain, issue(alice, disabled=True))["code"] == "TOKEN_DISABLED"
        assert not AuditEvent.objects.filter(action="request.refused").exists()

    def test_an_unknown_token_is_reported(self, explain, alice):
        issued = issue(alice)
        SecurityToken.objects.all().delete()
        assert last_step(self.explain_issued(explain, issued)) == ("knownToken", False)
