"""Judging against the database: what applies from the next request, what is written and what is not."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from tests.factories import issue
from tokens.domain.authorization.judge import LiveSecret
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.vault import make_key
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign
from tokens.models import AuditEvent, Node, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle import changes
from tokens.services.lifecycle.rotation import Grace, rotate
from tokens.services.signed_requests import judging

ACTOR = Actor(label="test")
PATH = "/solarquery/api/v1/sec/datum/list"


def signed(issued, at, *, query="", value=None, token_id=None):
    request = SignedRequest("GET", PATH, query, (("host", "data.example.org"),), address="192.0.2.7", client="meter/1")
    return sign(request, token_id=token_id or issued.token.token_id, secret=value or issued.value, now=at)


def code(issued, clock, **fields):
    return judging.judge_request(signed(issued, clock, **fields), now=clock).judgement.code


def refusals():
    return list(AuditEvent.objects.filter(action="request.refused"))


class TestTheNextRequest:
    def test_a_disabled_token_is_denied(self, alice, clock):
        issued = issue(alice, now=clock)
        assert code(issued, clock) == "OK"
        changes.set_status(issued.token, SecurityToken.Status.DISABLED, actor=ACTOR, now=clock)
        assert code(issued, clock) == "TOKEN_DISABLED"

    def test_a_deleted_token_is_unknown(self, alice, clock):
        issued = issue(alice, now=clock)
        request = signed(issued, clock)
        changes.delete_token(issued.token, actor=ACTOR, now=clock)
        assert judging.judge_request(request, now=clock).judgement.status == 401

    def test_a_changed_policy_applies(self, alice, clock):
        issued = issue(alice, now=clock)
        changes.replace_policy(issued.token, Policy(api_paths=("/nodes",)), actor=ACTOR, now=clock)
        assert code(issued, clock) == "API_PATH_NOT_ALLOWED"

    def test_the_tokens_of_an_inactive_owner_are_denied(self, alice, clock):
        issued = issue(alice, now=clock)
        alice.is_active = False
        alice.save()
        assert code(issued, clock) == "ACCOUNT_INACTIVE"

    def test_a_node_that_left_the_account_has_left_the_policy(self, alice, bob, clock):
        issued = issue(alice, now=clock, policy=Policy(node_ids=(101, 102)))
        Node.objects.filter(node_id=102).update(owner=bob)
        assert judging.judge_request(signed(issued, clock), now=clock).judgement.effective.node_ids == (101,)
        assert code(issued, clock, query="nodeId=102") == "DATA_NOT_ALLOWED"

    def test_without_a_node_policy_a_token_reaches_its_accounts_nodes_only(self, alice, bob, clock):
        issued = issue(alice, now=clock)
        assert judging.judge_request(signed(issued, clock), now=clock).judgement.effective.node_ids == (101, 102)
        assert code(issued, clock, query="nodeId=201") == "DATA_NOT_ALLOWED"

    def test_an_account_without_nodes_reaches_none(self, alice, clock):
        issued = issue(alice, now=clock)
        Node.objects.all().delete()
        assert code(issued, clock) == "DATA_NOT_ALLOWED"


class TestTheQuery:
    @pytest.mark.parametrize("token_type", TokenType)
    def test_judging_a_known_use_costs_one_query(self, alice, clock, token_type, django_assert_num_queries):
        issued = issue(alice, now=clock, type=token_type)
        assert code(issued, clock) == "OK"
        with django_assert_num_queries(1):
            assert code(issued, clock) == "OK"

    @pytest.mark.parametrize("token_id", ["Unknown", "' OR 1=1 --", "%", "_" * 20])
    def test_an_identifier_is_only_ever_a_value(self, alice, clock, token_id):
        issued = issue(alice, now=clock)
        request = signed(issued, clock)
        headers = tuple((name, value.replace(issued.token.token_id, token_id)) for name, value in request.headers)
        altered = SignedRequest("GET", PATH, "", headers)
        assert judging.judge_request(altered, now=clock).judgement.status == 401

    def test_another_case_of_letters_is_another_token(self, alice, clock):
        issued = issue(alice, now=clock)
        request = signed(issued, clock, token_id=issued.token.token_id.swapcase())
        assert judging.judge_request(request, now=clock).judgement.status == 401

    def test_nothing_passes_while_the_database_is_unavailable(self, alice, clock, monkeypatch):
        issued = issue(alice, now=clock)

        def fail(_):
            raise OperationalError

        monkeypatch.setattr(judging, "_fetch", fail)
        with pytest.raises(OperationalError):
            code(issued, clock)

    def test_an_unknown_token_is_checked_against_as_many_secrets_as_a_known_one(self, alice, clock, monkeypatch):
        issued, opened = issue(alice, now=clock), []
        real = judging._open
        monkeypatch.setattr(judging, "_open", lambda *arguments: opened.append(1) or real(*arguments))
        judging._seal_decoys.cache_clear()
        code(issued, clock, value="snts_wrong")
        known = len(opened)
        judging.judge_request(signed(issued, clock, token_id="Unknown"), now=clock)
        assert (known, len(opened) - known) == (3, 3)
        judging._seal_decoys.cache_clear()

    def test_known_and_unknown_tokens_are_refused_at_the_same_instant_after_the_request(self, alice, clock, monkeypatch):
        issued, started, ends = issue(alice, now=clock), [], []
        monkeypatch.setattr(judging.time, "perf_counter", lambda: started.append(1) or 100.0)
        monkeypatch.setattr(judging, "_wait_until", ends.append)
        code(issued, clock, value="snts_wrong")
        judging.judge_request(signed(issued, clock, token_id="Unknown"), now=clock)
        assert ends == [100.0 + judging.REFUSAL_SECONDS] * 2

    def test_who_is_known_does_not_wait(self, alice, clock, monkeypatch):
        monkeypatch.setattr(judging, "_wait_until", lambda _: pytest.fail("It waits."))
        assert code(issue(alice, now=clock), clock) == "OK"

    def test_the_decoys_are_secrets_like_any_other(self):
        assert all(isinstance(decoy, LiveSecret) for decoy in judging._decoys())


class TestFailures:
    def test_an_unreadable_policy_denies_everything_and_says_so_in_the_audit_trail(self, alice, clock):
        issued = issue(alice, now=clock)
        SecurityToken.objects.update(policy={"nodeIds": []})
        assert code(issued, clock) == "POLICY_UNREADABLE"
        (event,) = refusals()
        assert event.detail["code"] == "POLICY_UNREADABLE"

    def test_a_secret_without_its_key_authenticates_nobody(self, alice, clock, settings):
        issued = issue(alice, now=clock)
        settings.TOKEN_KEYS = make_key()
        assert code(issued, clock) == "UNAUTHENTICATED"

    def test_a_secret_copied_to_another_token_authenticates_nobody(self, alice, bob, clock):
        mine, foreign = issue(bob, now=clock), issue(alice, now=clock)
        TokenSecret.objects.filter(token=foreign.token).update(sealed=TokenSecret.objects.get(token=mine.token).sealed)
        assert code(foreign, clock, value=mine.value) == "UNAUTHENTICATED"


class TestUse:
    def test_it_has_when_and_from_where(self, alice, clock):
        issued = issue(alice, now=clock)
        code(issued, clock)
        issued.token.refresh_from_db()
        use = issued.token.last_use
        assert (use.at, use.address, use.client) == (clock, "192.0.2.7", "meter/1")

    def test_a_later_use_of_the_only_secret_is_written_once(self, alice, clock):
        issued = issue(alice, now=clock)
        code(issued, clock)
        later = clock + timedelta(minutes=2)
        assert code(issued, later) == "OK"
        secret = TokenSecret.objects.select_related("token__stored_use").get()
        assert (secret.first_used_at, secret.last_used_at, secret.last_use.at) == (clock, clock, later)

    def test_of_two_secrets_each_has_its_own(self, alice, clock):
        old = issue(alice, now=clock)
        code(old, clock)
        new = rotate(old.token, Grace.DAY, actor=ACTOR, now=clock)
        later = clock + timedelta(minutes=2)
        assert (code(new, clock), code(old, later)) == ("OK", "OK")
        assert [secret.last_use.at for secret in TokenSecret.objects.live_at(later)] == [clock, later]

    def test_a_denied_request_does_not_count_as_use(self, alice, clock):
        issued = issue(alice, now=clock)
        code(issued, clock, query="nodeId=9")
        code(issued, clock, value="snts_wrong")
        issued.token.refresh_from_db()
        assert issued.token.last_used_at is None


class TestRotatedSecrets:
    def test_the_first_use_of_a_new_secret_ends_the_one_that_waited_for_it(self, alice, clock):
        old = issue(alice, now=clock)
        code(old, clock)
        new = rotate(old.token, Grace.FIRST_USE, actor=ACTOR, now=clock)
        assert (code(old, clock), code(new, clock), code(old, clock)) == ("OK", "OK", "UNAUTHENTICATED")

    def test_a_replayed_request_ends_no_secret(self, alice, clock):
        old = issue(alice, now=clock)
        code(old, clock)
        new = rotate(old.token, Grace.FIRST_USE, actor=ACTOR, now=clock)
        later = clock + timedelta(minutes=20)
        replayed = signed(new, clock)
        assert judging.judge_request(replayed, now=later).judgement.code == "REQUEST_DATE"
        assert code(old, later) == "OK"

    def test_a_denied_first_request_ends_no_secret(self, alice, clock):
        old = issue(alice, now=clock)
        code(old, clock)
        new = rotate(old.token, Grace.FIRST_USE, actor=ACTOR, now=clock)
        assert code(new, clock, query="nodeId=9") == "DATA_NOT_ALLOWED"
        assert code(old, clock) == "OK"

    @pytest.mark.parametrize(("grace", "length"), [(Grace.HOUR, 1), (Grace.DAY, 24), (Grace.WEEK, 168), (Grace.FIRST_USE, 168)])
    def test_the_old_one_ends_at_the_announced_instant(self, alice, clock, grace, length):
        old = issue(alice, now=clock)
        code(old, clock)
        rotate(old.token, grace, actor=ACTOR, now=clock)
        end = clock + timedelta(hours=length)
        assert code(old, end - timedelta(seconds=1)) == "OK"
        assert code(old, end) == "UNAUTHENTICATED"

    def test_without_grace_the_old_one_ends_at_once(self, alice, clock):
        old = issue(alice, now=clock)
        rotate(old.token, Grace.NONE, actor=ACTOR, now=clock)
        assert code(old, clock) == "UNAUTHENTICATED"


class TestRefusals:
    def test_one_has_rule_entry_value_and_from_where(self, alice, clock):
        issued = issue(alice, now=clock, policy=Policy(api_paths=("!/datum/**",)))
        code(issued, clock)
        (event,) = refusals()
        assert (event.detail["rule"], event.detail["entry"], event.detail["value"]) == ("apiPaths", "!/datum/**", "/datum/list")
        assert (event.address, event.client, event.owner) == ("192.0.2.7", "meter/1", alice)

    def test_a_failed_signature_is_not_written(self, alice, clock):
        code(issue(alice, now=clock), clock, value="snts_wrong")
        assert not refusals()

    def test_explaining_writes_nothing(self, alice, clock):
        issued = issue(alice, now=clock, disabled=True)
        assert judging.explain_request(signed(issued, clock), now=clock).code == "TOKEN_DISABLED"
        assert not refusals()
