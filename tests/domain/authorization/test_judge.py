"""The order of judging a signed request, and what each failure may reveal (SPEC, "Signed requests")."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tokens.domain.authorization.judge import (
    UNAUTHENTICATED_MESSAGE,
    Credential,
    Judgement,
    LiveSecret,
    Outcome,
    Step,
    judge_claim,
    read_claim,
)
from tokens.domain.errors import MalformedRequest
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing import schemes
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TOKEN_ID, SECRET = "Zx81aB3dE5fG7hJ9kL0m", "snts_secret"
DATA_PATH = "/solarquery/api/v1/sec/datum/list"
USER_PATH = "/solaruser/api/v1/sec/nodes"


class Secrets:
    """Secrets that count how often one was opened."""

    def __init__(self, *values):
        self.opened = 0
        self.live = [LiveSecret(partial(self._reveal, value), number) for number, value in enumerate(values, 1)]

    def _reveal(self, value):
        self.opened += 1
        return value


def credential(**fields):
    values = {"token_type": TokenType.DATA, "secrets": Secrets(SECRET).live, "policy": Policy(), **fields}
    return Credential(token_id=TOKEN_ID, **values)


def signed(path=DATA_PATH, *, method="GET", query="", at=NOW, secret=SECRET):
    request = SignedRequest(method, path, query, (("host", "data.example.org"),))
    return sign(request, token_id=TOKEN_ID, secret=secret, now=at)


def judged(request, known, *, now=NOW, decoys=()):
    claim = read_claim(request)
    if isinstance(claim, Judgement):
        return claim
    return judge_claim(request, claim, known if claim.token_id == TOKEN_ID else None, now=now, decoys=decoys)


def test_what_nothing_forbids_is_allowed():
    judgement = judged(signed(), credential())
    assert (judgement.outcome, judgement.status, judgement.code) == (Outcome.ALLOWED, 200, "OK")


# Each failure together with every later one: the earlier one must be reported.
_PAST = int((NOW - timedelta(hours=1)).timestamp() * 1000)
_UNFIT = Policy(not_after=_PAST, api_paths=("/nodes",), node_ids=(1,), min_aggregation=Aggregation.HOUR)
_LATE = NOW + timedelta(minutes=15)
_ORDER = [
    ("REQUEST_DATE", {"is_enabled": False, "is_owner_active": False, "policy": _UNFIT}, _LATE, USER_PATH),
    ("TOKEN_DISABLED", {"is_enabled": False, "is_owner_active": False, "policy": None}, NOW, USER_PATH),
    ("ACCOUNT_INACTIVE", {"is_owner_active": False, "policy": None}, NOW, USER_PATH),
    ("POLICY_UNREADABLE", {"policy": None}, NOW, USER_PATH),
    ("TOKEN_EXPIRED", {"policy": _UNFIT}, NOW, USER_PATH),
    ("TYPE_NOT_ALLOWED", {"policy": replace(_UNFIT, not_after=None)}, NOW, USER_PATH),
    ("API_PATH_NOT_ALLOWED", {"policy": replace(_UNFIT, not_after=None)}, NOW, DATA_PATH),
    ("DATA_NOT_ALLOWED", {"policy": Policy(node_ids=(1,))}, NOW, DATA_PATH),
]


@pytest.mark.parametrize(("code", "fields", "now", "path"), _ORDER, ids=[row[0] for row in _ORDER])
def test_the_first_failure_in_spec_order_is_reported(code, fields, now, path):
    judgement = judged(signed(path, query="nodeId=2"), credential(**fields), now=now)
    assert (judgement.code, judgement.status, judgement.outcome) == (code, 403, Outcome.DENIED)
    assert judgement.message == judgement.steps[-1].detail


# The step, the rule, the request's value and the policy's entry that each of them names, if there is any.
_NAMED = {
    "REQUEST_DATE": ("date", "date", "2026-11-24T09:30:00Z", ""),
    "TOKEN_DISABLED": ("status", "status", "Disabled", ""),
    "ACCOUNT_INACTIVE": ("status", "owner", "inactive", ""),
    "POLICY_UNREADABLE": ("policy", "policy", "", ""),
    "TOKEN_EXPIRED": ("expiry", "notAfter", "2026-11-24T09:30:00.000Z", "2026-11-24T08:30:00.000Z"),
    "TYPE_NOT_ALLOWED": ("type", "type", USER_PATH, ""),
    "API_PATH_NOT_ALLOWED": ("apiPaths", "apiPaths", "/datum/list", ""),
    "DATA_NOT_ALLOWED": ("nodeIds", "nodeIds", "2", ""),
}


@pytest.mark.parametrize(("code", "fields", "now", "path"), _ORDER, ids=[row[0] for row in _ORDER])
def test_each_refusal_names_what_decided(code, fields, now, path):
    judgement = judged(signed(path, query="nodeId=2"), credential(**fields), now=now)
    denial = judgement.denial
    assert (judgement.steps[-1].step, denial.rule, denial.value, denial.entry) == _NAMED[code]


_PROVED = ["wellFormed", "knownToken", "signature", "date", "status", "expiry", "type", "apiPaths"]


@pytest.mark.parametrize(
    ("token_type", "data_steps"), [("User", ["type"]), ("ReadNodeData", ["nodeIds", "sourceIds", "minAggregation"])]
)
def test_an_allowed_request_reports_every_step_in_spec_order(token_type, data_steps):
    policy = Policy(node_ids=(1,), source_ids=("/a",), min_aggregation=Aggregation.HOUR) if len(data_steps) > 1 else Policy()
    judgement = judged(signed(), credential(token_type=TokenType(token_type), policy=policy))
    assert [step.step for step in judgement.steps] == _PROVED + data_steps
    assert all(step.ok and step.detail for step in judgement.steps)


def test_a_denial_by_the_data_policy_reports_what_was_allowed_before():
    policy = Policy(node_ids=(1,), source_ids=("/a",))
    steps = judged(signed(query="nodeId=1&sourceId=/b"), credential(policy=policy)).steps
    assert [(step.step, step.ok) for step in steps[-3:]] == [("apiPaths", True), ("nodeIds", True), ("sourceIds", False)]


_FAILURES = [
    pytest.param(SignedRequest("GET", DATA_PATH), credential(), "wellFormed", id="no header"),
    pytest.param(replace(signed(), path="no-path"), credential(), "wellFormed", id="malformed"),
    pytest.param(signed(), None, "knownToken", id="unknown token"),
    pytest.param(signed(secret="snts_other"), credential(), "signature", id="wrong secret"),
    pytest.param(signed(secret="snts_other"), credential(is_enabled=False), "signature", id="wrong secret of a disabled token"),
    pytest.param(signed(), credential(secrets=()), "signature", id="no live secret"),
]


@pytest.mark.parametrize(("request_", "known", "step"), _FAILURES)
def test_the_debugger_gets_the_step_that_failed(request_, known, step):
    *before, last = judged(request_, known).steps
    assert [one.step for one in before] == _PROVED[: _PROVED.index(step)]
    assert all(one.ok for one in before)
    assert (last.step, last.ok) == (step, False)


@pytest.mark.parametrize(("request_", "known", "step"), _FAILURES)
def test_up_to_the_signature_every_failure_is_the_same(request_, known, step):
    judgement = judged(request_, known)
    assert (judgement.outcome, judgement.status, judgement.code, judgement.message) == (
        Outcome.UNAUTHENTICATED,
        401,
        "UNAUTHENTICATED",
        UNAUTHENTICATED_MESSAGE,
    )
    assert (judgement.credential, judgement.secret_reference, judgement.denial) == (None, 0, None)


@pytest.mark.parametrize("own", [None, 0, 1, 2, 3])
def test_as_many_secrets_are_tried_whether_the_token_exists_or_not(own):
    mine, decoys = Secrets(*["snts_mine"] * (own or 0)), Secrets("snts_a", "snts_b", "snts_c")
    judged(signed(secret="snts_other"), None if own is None else credential(secrets=mine.live), decoys=decoys.live)
    assert mine.opened + decoys.opened == 3


def test_a_decoy_never_authenticates():
    assert judged(signed(secret="snts_a"), None, decoys=Secrets("snts_a").live).outcome is Outcome.UNAUTHENTICATED


def test_a_decoy_never_stands_in_for_a_known_tokens_secret():
    known, decoys = credential(secrets=Secrets("snts_mine").live), Secrets("snts_x", "snts_a").live
    assert judged(signed(secret="snts_a"), known, decoys=decoys).outcome is Outcome.UNAUTHENTICATED


def test_the_secret_that_signed_is_reported():
    known = credential(secrets=Secrets("snts_new", SECRET).live)
    assert judged(signed(), known).secret_reference == 2


def test_a_secret_that_its_caller_gave_no_reference_has_the_reference_0():
    assert judged(signed(), credential(secrets=[LiveSecret(lambda: SECRET)])).secret_reference == 0


@pytest.mark.parametrize(
    ("seconds", "allowed"),
    [(0, True), (899, True), (-899, True), (899.999999, True), (900, False), (-900, False), (90_000, False)],
)
def test_exactly_fifteen_minutes_is_too_much(seconds, allowed):
    assert judged(signed(), credential(), now=NOW + timedelta(seconds=seconds)).is_allowed is allowed


def test_the_clocks_refusal_names_the_difference_and_the_portals_time():
    message = judged(signed(), credential(), now=_LATE).message
    assert "900 seconds" in message
    assert "2026-11-24T09:45:00Z" in message


def test_a_refusal_names_rule_entry_and_value():
    denial = judged(signed(), credential(policy=Policy(api_paths=("!/datum/list",)))).denial
    assert (denial.rule, denial.entry, denial.value) == ("apiPaths", "!/datum/list", "/datum/list")


def test_a_refusal_leaves_no_effective_restrictions_to_read():
    judgement = judged(signed(query="nodeId=2"), credential(policy=Policy(node_ids=(1,))))
    assert judgement.effective.to_json() == {"nodeIds": None, "sourceIds": None, "aggregation": None}


def test_the_accounts_nodes_bound_a_token_without_a_node_policy():
    assert judged(signed(), credential(nodes=frozenset({3, 4}))).effective.node_ids == (3, 4)


REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"


@pytest.mark.parametrize("token_type", TokenType)
@pytest.mark.parametrize("path", [REFRESH, REFRESH.replace("refresh", "%72efresh"), REFRESH.replace("/v2", "/v%32")])
def test_a_signing_key_is_given_by_grant_alone(token_type, path):
    assert judged(signed(path), credential(token_type=token_type)).code == "REFRESH_NOT_ALLOWED"
    assert judged(signed(path), credential(token_type=token_type, policy=Policy(refresh_allowed=True))).is_allowed


@pytest.mark.parametrize(
    "path",
    ["/datum/meta/5/%2Fa", "/datum/refresh/v2", "/auth-tokens/refresh", "/auth-tokens/refresh/v2/x", "/auth-tokens/refresh/v%31"],
)
def test_no_other_path_needs_the_grant_to_refresh(path):
    assert judged(signed(f"/solarquery/api/v1/sec{path}"), credential()).is_allowed


def test_a_refresh_is_bound_by_api_paths_too():
    policy = Policy(refresh_allowed=True, api_paths=("/datum/**",))
    assert judged(signed(REFRESH), credential(policy=policy)).code == "API_PATH_NOT_ALLOWED"


def test_no_secret_is_in_the_judgement_or_its_text():
    judgement = judged(signed(), credential())
    assert SECRET not in repr(judgement)


@pytest.mark.parametrize(("known", "detail"), [(credential(), "The token is known."), (None, "No such token.")])
def test_the_debugger_learns_whether_the_token_is_known(known, detail):
    step = next(step for step in judged(signed(), known).steps if step.step == "knownToken")
    assert (step.ok, step.detail) == (known is not None, detail)


TODAYS_KEY = KeyUsed(NOW.date())


@dataclass(frozen=True)
class SomeClaim:
    """A claim of no scheme in particular, whose secret is `SECRET`."""

    expires: datetime | None = None
    key: KeyUsed = TODAYS_KEY
    token_id: str = TOKEN_ID
    date: datetime = NOW
    content_sha256: str | None = None
    canonical: str = ""
    string_to_sign: str = ""
    mismatch: str = "No key fits."

    def matches(self, secret):
        return self.key if secret == SECRET else None


def judged_claim(claim, *, now=NOW, known=None):
    return judge_claim(SignedRequest("GET", DATA_PATH), claim, known or credential(), now=now)


@pytest.mark.parametrize(("seconds", "allowed"), [(-1, True), (60, True), (60.000001, False), (61, False), (899, False)], ids=str)
def test_a_signature_that_names_its_end_is_good_until_then(seconds, allowed):
    claim = SomeClaim(expires=NOW + timedelta(seconds=60))
    assert judged_claim(claim, now=NOW + timedelta(seconds=seconds)).is_allowed is allowed


def test_a_signature_past_its_end_is_refused_like_a_wrong_date():
    judgement = judged_claim(SomeClaim(expires=NOW), now=NOW + timedelta(seconds=1))
    assert (judgement.status, judgement.code, judgement.steps[-1].step) == (403, "REQUEST_DATE", "date")
    assert (judgement.denial.rule, judgement.denial.value) == ("expires", "2026-11-24T09:30:00Z")


def test_an_end_does_not_stretch_the_fifteen_minutes():
    claim = SomeClaim(expires=NOW + timedelta(hours=1))
    assert judged_claim(claim, now=NOW + timedelta(minutes=15)).denial.rule == "date"


def test_nothing_is_told_about_an_end_before_the_signature_is_proved():
    claim = SomeClaim(expires=NOW)
    late = NOW + timedelta(seconds=1)
    assert judged_claim(claim, now=late, known=credential(secrets=Secrets("snts_other").live)).status == 401


@pytest.mark.parametrize("key", [TODAYS_KEY, KeyUsed(None)])
def test_the_step_names_the_key_that_signed(key):
    step = next(step for step in judged_claim(SomeClaim(key=key)).steps if step.step == "signature")
    assert str(key) in step.detail


def test_the_claim_says_which_keys_did_not_fit():
    judgement = judged_claim(SomeClaim(), known=credential(secrets=Secrets("snts_other").live))
    assert judgement.steps[-1] == Step("signature", False, "No key fits.")


class SomeScheme:
    """A scheme that recognizes every request and can read none."""

    name = challenge = "Some"

    def __init__(self, *, hints_sender):
        self.hints_sender = hints_sender

    def recognizes(self, request):
        return True

    def read(self, request):
        raise MalformedRequest("A field is missing.")


@pytest.mark.parametrize(("hints_sender", "expected"), [(True, "A field is missing."), (False, "")])
def test_the_sender_gets_a_hint_only_of_a_scheme_that_gives_it(monkeypatch, hints_sender, expected):
    monkeypatch.setattr(schemes, "SCHEMES", (SomeScheme(hints_sender=hints_sender),))
    judgement = read_claim(signed())
    assert judgement.sender_hint == expected
    assert judgement.steps == (Step("wellFormed", False, "A field is missing."),)


@pytest.mark.parametrize("known", [None, credential(secrets=()), credential()])
def test_once_a_token_was_looked_up_there_is_no_hint(known):
    assert judged(signed(), known).sender_hint == ""
