"""Asking what a token is: open to any valid token, through the one list of rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tokens.domain.authorization.judge import Credential, Judgement, LiveSecret, find_handed_over, judge_claim, read_claim
from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.outcomes import UNRESTRICTED
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
WHOAMI = "/solaruser/api/v1/sec/whoami"
ENDED = Policy(not_after=int((NOW - timedelta(seconds=1)).timestamp() * 1000))


def asking(token_type=TokenType.DATA, policy=None, *, method="GET", path=WHOAMI, **fields):
    return AccessRequest(token_type, policy or Policy(), method, path, "", NOW, **fields)


@pytest.mark.parametrize("token_type", TokenType)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("entries", [None, ("/datum/**",), ("!/whoami",), ("!/**",), ("/**", "!/whoami")])
def test_any_token_may_whatever_its_api_paths(token_type, method, entries):
    assert authorize(asking(token_type, Policy(api_paths=entries), method=method)).denial is None


def test_the_reason_says_that_api_paths_do_not_apply():
    findings = authorize(asking(policy=Policy(api_paths=("/datum/**",)))).findings
    assert any(step == "apiPaths" and "whatever its API Paths" in decision.message for step, decision in findings)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_api_paths_apply_to_other_methods_of_the_path(method):
    authorization = authorize(asking(TokenType.USER, Policy(api_paths=("/datum/**",)), method=method))
    assert authorization.code == "API_PATH_NOT_ALLOWED"


@pytest.mark.parametrize(
    "path", ["/solaruser/api/v1/sec/who%61mi", f"{WHOAMI}/", f"{WHOAMI};a=b", "/solarquery/api/v1/sec/whoami"]
)
def test_api_paths_apply_to_other_spellings_of_the_path(path):
    authorization = authorize(asking(TokenType.USER, Policy(api_paths=("/datum/**",)), path=path))
    assert authorization.code == "API_PATH_NOT_ALLOWED"


@pytest.mark.parametrize("policy", [Policy(), Policy(node_ids=(5,)), Policy(source_ids=("/a",))])
def test_a_data_token_without_nodes_may(policy):
    authorization = authorize(asking(policy=policy, account_nodes=frozenset()))
    assert (authorization.denial, authorization.effective) == (None, UNRESTRICTED)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"is_enabled": False}, "TOKEN_DISABLED"),
        ({"is_owner_active": False}, "ACCOUNT_INACTIVE"),
        ({"policy": None}, "POLICY_UNREADABLE"),
        ({"policy": ENDED}, "TOKEN_EXPIRED"),
    ],
)
@pytest.mark.parametrize("token_type", TokenType)
def test_a_token_that_is_not_valid_gets_the_reason(token_type, fields, code):
    assert authorize(asking(token_type)._replace(**fields)).code == code


def handed_over(path=WHOAMI, method="GET", query=""):
    """Return a request as a third party sends it: what the holder signed, `Authorization` under its other name."""
    request = sign(SignedRequest(method, path, query, (("host", "data.example.org"),)), token_id="T", secret="snts_x", now=NOW)
    return replace(request, headers=(*request.headers[:-1], ("x-sn-presignedauthorization", request.headers[-1][1])))


def judged(request, **fields):
    claim = read_claim(request)
    if isinstance(claim, Judgement):
        return claim
    credential = Credential("T", TokenType.DATA, [LiveSecret(partial(str, "snts_x"))], Policy(), **fields)
    return judge_claim(request, claim, credential, now=NOW)


def test_what_is_handed_over_is_judged_as_the_holder_signed_it():
    judgement = judged(handed_over())
    assert (judgement.code, judgement.signed.token_id, judgement.signed.date) == ("OK", "T", NOW)
    assert "presigned" not in judgement.signed.canonical


def test_what_is_handed_over_is_subject_to_the_same_rules():
    assert judged(handed_over(), is_enabled=False).code == "TOKEN_DISABLED"


@pytest.mark.parametrize(
    "elsewhere", [{"method": "HEAD"}, {"method": "POST"}, {"path": f"{WHOAMI}/"}, {"path": "/solarquery/api/v1/sec/whoami"}]
)
def test_nothing_else_can_be_handed_over(elsewhere):
    request = handed_over(**elsewhere)
    assert find_handed_over(request) is None
    assert judged(request).status == 401


def test_a_query_is_part_of_what_was_signed():
    assert judged(replace(handed_over(), query="a=1")).status == 401
    assert judged(handed_over(query="a=1")).status == 200
