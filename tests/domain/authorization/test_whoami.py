"""Asking what a token is: open to any valid token, through the one list of rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.outcomes import UNRESTRICTED
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

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
    assert authorize(replace(asking(token_type), **fields)).code == code
