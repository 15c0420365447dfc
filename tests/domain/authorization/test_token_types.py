"""What each type of token may do at all, when it ends, and whether it may refresh."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.rules import decide_expiry, decide_refresh, decide_type
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp()) * 1000


@given(method=st.text(), path=st.text())
def test_a_user_token_may_use_every_method(method, path):
    assert decide_type(TokenType.USER, method, path).ok


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_data_token_may_read(method):
    assert decide_type(TokenType.DATA, method, "/solarquery/api/v1/sec/datum/list").ok


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "", "GET "])
def test_a_data_token_may_do_nothing_else(method):
    denied = decide_type(TokenType.DATA, method, "/solarquery/api/v1/sec/datum/list")
    assert (denied.ok, denied.rule) == (False, "type")


@pytest.mark.parametrize(
    "path",
    [
        "/solaruser/api/v1/sec/user/auth-tokens",
        "/solaruser/",
        "/solaruser",
        "//solaruser/x",
        "/./solaruser/x",
        "/a/../solaruser/x",
        "/../solaruser/x",
        "/solaruser/../solarquery/x",
        "/%73olaruser/x",
        "/%2573olaruser/x",
        "/%252573olaruser/x",
        "/a/%2e%2e/solaruser/x",
        "/a%2F..%2Fsolaruser/x",
        "/a/%252e%252e%252fsolaruser/x",
        "/solaruser%2Fx",
        "/solaruser%252Fx",
        "/solaruser/%252e%252e/x",
        "\\solaruser\\x",
        "/a\\..\\solaruser/x",
        "/%5Csolaruser/x",
        "/SolarUser/x",
        "/solaruser;a=b/x",
        "/SOLARUSER/x",
        "/SolarUser;a=b/x",
        "/%53OLARUSER/x",
        "/;/solaruser/x",
        "/..;/solaruser/x",
        "/solaruser%00/x",
        "/%00solaruser/x",
        "/solaruser%20/x",
        "/solar%00user/x",
        "/ｓolaruser/x",
        "/%C0%AFsolaruser/x",
        "/solaruſer/x",
        "/%" + "25" * 20 + "73olaruser/x",
    ],
)
def test_a_data_token_gets_to_solaruser_by_no_spelling(path):
    assert not decide_type(TokenType.DATA, "GET", path).ok


@pytest.mark.parametrize(
    "path",
    [
        "/solarquery/api/v1/sec/datum/list",
        "/solarquery/solaruser/x",
        "/solarusers/x",
        "/my-solaruser/x",
        "/solaruser~;a=b/x",
        "/datum/meta/5/%2Fsolaruser%2Fx",
        "/100%25/x",
        "/é/x",
        "/a%20b/x",
        "/",
    ],
)
def test_an_ordinary_path_is_not_taken_for_solaruser(path):
    assert decide_type(TokenType.DATA, "GET", path).ok


@given(path=st.text())
def test_any_text_can_be_judged_as_a_path(path):
    assert decide_type(TokenType.DATA, "GET", path).ok in {True, False}


WHOAMI = "/solaruser/api/v1/sec/whoami"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_data_token_may_ask_what_it_is(method):
    assert decide_type(TokenType.DATA, method, WHOAMI).ok


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"])
def test_a_data_token_may_only_read_what_it_is(method):
    assert not decide_type(TokenType.DATA, method, WHOAMI).ok


@pytest.mark.parametrize(
    "path",
    [
        f"{WHOAMI}/",
        f"{WHOAMI}/x",
        f"{WHOAMI};a=b",
        f"{WHOAMI}?a=b",
        f"/{WHOAMI}",
        f"/solarquery/..{WHOAMI}",
        "/solaruser/api/v1/sec/who%61mi",
        "/%73olaruser/api/v1/sec/whoami",
        "/solaruser/api/v1/sec/WhoAmI",
        "/solaruser/api/v1/pub/whoami",
        "/solaruser/api/v1/sec/./whoami",
        "/solaruser/api/v1/sec/user/whoami",
    ],
)
def test_no_other_spelling_of_whoami_is_the_exception(path):
    assert not decide_type(TokenType.DATA, "GET", path).ok


def test_without_expiry_a_token_never_expires():
    assert decide_expiry(Policy(), datetime(9999, 1, 1, tzinfo=UTC)).ok


@pytest.mark.parametrize(("later", "works"), [(-1, True), (0, True), (1, False)])
def test_a_token_works_up_to_and_including_its_last_millisecond(later, works):
    assert decide_expiry(Policy(not_after=NOON_MS), NOON + timedelta(milliseconds=later)).ok is works


def test_an_expiry_names_its_instant():
    denied = decide_expiry(Policy(not_after=NOON_MS), NOON + timedelta(days=1))
    assert (denied.rule, denied.entry) == ("notAfter", "2026-11-24T12:00:00.000Z")
    assert "24 Nov 2026" in denied.message


def test_only_a_grant_allows_refresh():
    assert [decide_refresh(Policy(refresh_allowed=granted)).ok for granted in (True, False)] == [True, False]


def test_a_grant_is_named_as_what_allowed_the_refresh():
    reason = decide_refresh(Policy(refresh_allowed=True))
    assert (reason.rule, reason.entry, reason.value) == ("refreshAllowed", "true", "")


def test_a_missing_grant_is_named_as_what_denied_the_refresh():
    denied = decide_refresh(Policy())
    assert (denied.rule, denied.entry, denied.value) == ("refreshAllowed", "", "")


def test_a_token_that_has_not_expired_names_its_last_instant():
    reason = decide_expiry(Policy(not_after=1_798_761_599_999), datetime(2026, 11, 24, tzinfo=UTC))
    assert (reason.rule, reason.entry) == ("notAfter", "2026-12-31T23:59:59.999Z")
