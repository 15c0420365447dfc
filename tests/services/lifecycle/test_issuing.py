"""Issuing a token."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import IntegrityError

from accounts.models import User
from tests.factories import issue
from tokens import conf
from tokens.domain.errors import PolicyError
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.domain.secrets.credentials import is_secret
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle import issuing
from tokens.services.lifecycle.issuing import AlreadyIssued, Draft, Issued, find_issued, issue_token

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def issue_draft(
    owner: User, draft: Draft | None = None, *, token_type: TokenType = TokenType.DATA, key: str | None = None
) -> Issued:
    actor = Actor(label=owner.email, user=owner, address="192.0.2.1", client="a browser")
    return issue_token(owner=owner, token_type=token_type, draft=draft or Draft(), actor=actor, now=NOW, creation_key=key)


def problems_of(owner: User, draft: Draft, *, token_type: TokenType = TokenType.DATA) -> dict[str, str]:
    with pytest.raises(PolicyError) as refusal:
        issue_draft(owner, draft, token_type=token_type)
    return {problem.field: problem.message for problem in refusal.value.problems}


class TestIssueToken:
    def test_it_makes_a_token_with_a_secret_that_opens(self, alice):
        issued = issue_draft(alice, Draft(name="Roof", description="Panels", policy=Policy(node_ids=(101,))))
        token = SecurityToken.objects.get()
        assert (token.name, token.description, token.policy, token.owner) == ("Roof", "Panels", {"nodeIds": [101]}, alice)
        assert (token.status, token.type, token.created_at) == ("Active", "ReadNodeData", NOW)
        assert is_secret(issued.value)
        assert conf.get_vault().open(bytes(TokenSecret.objects.get().sealed), token_id=token.token_id) == issued.value

    def test_the_secret_is_stored_encrypted_and_is_in_no_repr(self, alice):
        issued = issue_draft(alice)
        assert issued.value.encode() not in bytes(issued.secret.sealed)
        assert issued.value not in repr(issued)
        assert issued.value not in str(AuditEvent.objects.values())

    def test_one_entry_has_who_what_and_from_where(self, alice):
        issued = issue_draft(alice, Draft(name="Roof", policy=Policy(refresh_allowed=True)))
        event = AuditEvent.objects.get()
        assert (event.action, event.token_id, event.owner, event.actor) == ("token.created", issued.token.token_id, alice, alice)
        assert (event.actor_label, event.address, event.client, event.at) == (alice.email, "192.0.2.1", "a browser", NOW)
        assert event.detail == {"type": "ReadNodeData", "name": "Roof", "description": "", "policy": {"refreshAllowed": True}}

    def test_an_audit_entry_that_cannot_be_written_leaves_no_token(self, alice):
        with patch("tokens.services.audit.AuditEvent.objects.create", side_effect=IntegrityError), pytest.raises(IntegrityError):
            issue_draft(alice)
        assert not SecurityToken.objects.exists()
        assert not TokenSecret.objects.exists()

    def test_an_identifier_that_is_taken_is_tried_again(self, alice):
        taken = issue(alice).token.token_id
        with patch.object(issuing, "make_token_id", side_effect=[taken, "B" * 20]):
            assert issue_draft(alice).token.token_id == "B" * 20


class TestRefusedDrafts:
    def test_a_restriction_that_does_not_apply_is_rejected_not_dropped(self, alice):
        policy = Policy(node_ids=(101,), source_ids=("a",), api_paths=("/datum/**",))
        assert set(problems_of(alice, Draft(policy=policy), token_type=TokenType.USER)) == {"nodeIds", "sourceIds"}
        assert not SecurityToken.objects.exists()
        assert not AuditEvent.objects.exists()

    def test_a_foreign_node_has_the_same_message_as_an_unknown_one(self, alice, bob):
        foreign = problems_of(alice, Draft(policy=Policy(node_ids=(201,))))["nodeIds"]
        unknown = problems_of(alice, Draft(policy=Policy(node_ids=(999,))))["nodeIds"]
        assert foreign.replace("201", "N") == unknown.replace("999", "N")

    def test_every_problem_is_listed_at_once(self, alice):
        yesterday = last_instant_of((NOW - timedelta(days=1)).date())
        draft = Draft(name="x" * 129, description="x" * 513, policy=Policy(not_after=yesterday, node_ids=(201,)))
        assert list(problems_of(alice, draft)) == ["name", "description", "notAfter", "nodeIds"]

    @pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\ud800"])
    def test_characters_that_cannot_be_stored_or_shown_are_rejected(self, alice, text):
        assert list(problems_of(alice, Draft(name=text))) == ["name"]

    @pytest.mark.parametrize("text", ["שלום עולם", "<script>alert(1)</script>", "=1+1", "🌞" * 128, "a\nb"])
    def test_unicode_markup_and_formulas_are_just_text(self, alice, text):
        issue_draft(alice, Draft(name=text, description=text))
        assert SecurityToken.objects.get().name == text

    def test_an_expiry_on_this_very_day_is_fine(self, alice):
        issue_draft(alice, Draft(policy=Policy(not_after=last_instant_of(NOW.date()))))
        assert SecurityToken.objects.exists()


class TestTheSameFormTwice:
    def test_it_makes_one_token(self, alice):
        first = issue_draft(alice, key="form-1")
        with pytest.raises(AlreadyIssued) as already:
            issue_draft(alice, key="form-1")
        assert already.value.token == first.token == find_issued(alice, "form-1")
        assert SecurityToken.objects.count() == AuditEvent.objects.count() == 1

    def test_another_accounts_form_is_another_form(self, alice, bob):
        assert issue_draft(alice, key="form-1").token != issue_draft(bob, key="form-1").token
        assert find_issued(bob, "form-2") is None

    @pytest.mark.parametrize("key", [None, ""])
    def test_without_a_key_each_makes_its_own(self, alice, key):
        issue_draft(alice, key=key)
        issue_draft(alice, key=key)
        assert SecurityToken.objects.count() == 2
        assert find_issued(alice, key) is None


def test_an_expiry_that_was_there_before_may_stay_when_it_has_passed(alice):
    past = Policy(not_after=int(NOW.timestamp() * 1000) - 1)
    draft = Draft(name="renamed", policy=past)
    issuing.check_draft(draft, token_type=TokenType.DATA, owner=alice, now=NOW, before=past)
    earlier = replace(past, not_after=past.not_after - 1)
    with pytest.raises(PolicyError):
        issuing.check_draft(Draft(policy=earlier), token_type=TokenType.DATA, owner=alice, now=NOW, before=past)
