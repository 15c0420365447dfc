"""Editing, enabling, disabling and deleting a token."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError

from tests.factories import NodeFactory, issue, note_use, token
from tokens.domain.errors import PolicyError
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, Node, Reveal, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.lifecycle.changes import delete_token, edit_token, replace_policy, set_status
from tokens.services.lifecycle.issuing import Draft

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ACTOR = Actor(label="alice@example.org", address="192.0.2.1")
pytestmark = pytest.mark.django_db


def events(subject: SecurityToken, action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(token_id=subject.token_id, action=action))


class TestEditToken:
    def test_only_what_changed_is_recorded_with_before_and_after(self, alice):
        mine = token(alice, name="Old", description="Same", policy=Policy(node_ids=(101,)))
        edit_token(mine, Draft(name="New", description="Same", policy=Policy(node_ids=(102,))), actor=ACTOR, now=NOW)
        [event] = events(mine, "token.edited")
        assert event.detail == {
            "before": {"name": "Old", "policy": {"nodeIds": [101]}},
            "after": {"name": "New", "policy": {"nodeIds": [102]}},
            "became_wider": True,
        }
        mine.refresh_from_db()
        assert (mine.name, mine.policy) == ("New", {"nodeIds": [102]})

    @pytest.mark.parametrize(
        ("before", "after", "is_wider"),
        [
            # What solarnetwork-api-core drops when it reads a policy and writes it back.
            (Policy(api_paths=("/datum/**",), source_ids=("/a",)), Policy(source_ids=("/a",)), True),
            (Policy(not_after=1_900_000_000_000, source_ids=("/a",)), Policy(source_ids=("/a",)), True),
            (Policy(refresh_allowed=True, source_ids=("/a",)), Policy(source_ids=("/a",)), False),
            (Policy(source_ids=("/a",)), Policy(refresh_allowed=True, source_ids=("/a",)), True),
            (Policy(source_ids=("/a/*",)), Policy(source_ids=("/a/b",)), False),
            (Policy(source_ids=("/a/b",)), Policy(source_ids=("/a/*",)), True),
            (Policy(min_aggregation=Aggregation.DAY), Policy(min_aggregation=Aggregation.HOUR), True),
            (Policy(min_aggregation=Aggregation.DAY), Policy(min_aggregation=Aggregation.MONTH), False),
            (Policy(node_ids=(101,)), Policy(node_ids=(102,)), True),
            (Policy(api_paths=("!/datum/**",)), Policy(api_paths=("!/datum/**", "!/nodes/**")), False),
            (Policy(api_paths=("!/datum/**", "!/nodes/**")), Policy(api_paths=("!/datum/**",)), True),
        ],
    )
    def test_a_policy_that_allows_more_is_marked(self, alice, before, after, is_wider):
        mine = token(alice, policy=before)
        replace_policy(mine, after, actor=ACTOR, now=NOW)
        [event] = events(mine, "token.edited")
        assert event.detail.get("became_wider", False) is is_wider

    def test_what_replaces_an_unreadable_policy_is_marked(self, alice):
        mine = token(alice)
        SecurityToken.objects.filter(pk=mine.pk).update(policy={"planetIds": [1]})
        replace_policy(mine, Policy(source_ids=("/a",)), actor=ACTOR, now=NOW)
        [event] = events(mine, "token.edited")
        assert event.detail["became_wider"] is True

    def test_another_name_alone_is_not_marked(self, alice):
        mine = token(alice, name="Old")
        edit_token(mine, Draft(name="New"), actor=ACTOR, now=NOW)
        [event] = events(mine, "token.edited")
        assert "became_wider" not in event.detail

    def test_without_a_change_there_is_no_entry(self, alice):
        mine = token(alice, name="Same", policy=Policy(node_ids=(101,)))
        edit_token(mine, Draft(name="Same", policy=Policy(node_ids=(101,))), actor=ACTOR, now=NOW)
        assert not events(mine, "token.edited")

    def test_an_invalid_draft_changes_nothing(self, alice, bob):
        mine = token(alice, name="Old")
        with pytest.raises(PolicyError):
            edit_token(mine, Draft(name="New", policy=Policy(node_ids=(201,))), actor=ACTOR, now=NOW)
        mine.refresh_from_db()
        assert mine.name == "Old"
        assert not events(mine, "token.edited")

    def test_a_user_token_gets_no_restriction_of_data_tokens(self, alice):
        mine = token(alice, type=TokenType.USER)
        with pytest.raises(PolicyError):
            replace_policy(mine, Policy(source_ids=("a",)), actor=ACTOR, now=NOW)

    def test_an_expired_token_can_be_renamed_but_not_given_another_past_date(self, alice):
        ended = int((NOW - timedelta(days=1)).timestamp() * 1000)
        mine = token(alice, policy=Policy(not_after=ended), now=NOW - timedelta(days=2))
        edit_token(mine, Draft(name="Renamed", policy=Policy(not_after=ended)), actor=ACTOR, now=NOW)
        with pytest.raises(PolicyError):
            replace_policy(mine, Policy(not_after=ended - 1), actor=ACTOR, now=NOW)
        mine.refresh_from_db()
        assert mine.name == "Renamed"

    def test_a_change_whose_audit_entry_fails_did_not_happen(self, alice):
        mine = token(alice, name="Old")
        with patch("tokens.services.audit.AuditEvent.objects.create", side_effect=DatabaseError), pytest.raises(DatabaseError):
            edit_token(mine, Draft(name="New"), actor=ACTOR, now=NOW)
        mine.refresh_from_db()
        assert mine.name == "Old"

    def test_a_deleted_token_raises(self, alice):
        mine = token(alice)
        SecurityToken.objects.all().delete()
        with pytest.raises(SecurityToken.DoesNotExist):
            edit_token(mine, Draft(), actor=ACTOR, now=NOW)

    def test_replacing_the_policy_keeps_the_words(self, alice):
        mine = token(alice, name="Roof", description="Panels")
        changed = replace_policy(mine, Policy(node_ids=(101,)), actor=ACTOR, now=NOW)
        assert (changed.name, changed.description, changed.policy) == ("Roof", "Panels", {"nodeIds": [101]})


class TestSetStatus:
    def test_disabling_and_enabling_are_recorded(self, alice):
        mine = token(alice)
        assert set_status(mine, SecurityToken.Status.DISABLED, actor=ACTOR, now=NOW)
        assert set_status(mine, SecurityToken.Status.ACTIVE, actor=ACTOR, now=NOW)
        recorded = [(event.detail["before"], event.detail["after"]) for event in events(mine, "token.status")]
        assert sorted(recorded) == [("Active", "Disabled"), ("Disabled", "Active")]

    def test_the_stored_status_counts_not_the_one_that_the_caller_saw(self, alice):
        mine = token(alice)
        stale = SecurityToken.objects.get(pk=mine.pk)
        set_status(mine, SecurityToken.Status.DISABLED, actor=ACTOR, now=NOW)
        assert not set_status(stale, SecurityToken.Status.DISABLED, actor=ACTOR, now=NOW)
        assert len(events(mine, "token.status")) == 1

    def test_a_change_whose_audit_entry_fails_did_not_happen(self, alice):
        mine = token(alice)
        with patch("tokens.services.audit.AuditEvent.objects.create", side_effect=DatabaseError), pytest.raises(DatabaseError):
            set_status(mine, SecurityToken.Status.DISABLED, actor=ACTOR, now=NOW)
        mine.refresh_from_db()
        assert mine.status == "Active"


class TestDeleteToken:
    def test_token_secrets_and_reveal_go_and_the_trail_stays(self, alice):
        issued = issue(alice, name="Roof")
        Reveal.objects.create(secret=issued.secret, session_hash="a")
        delete_token(issued.token, actor=ACTOR, now=NOW)
        assert not SecurityToken.objects.exists()
        assert not TokenSecret.objects.exists()
        assert not Reveal.objects.exists()
        [event] = AuditEvent.objects.filter(action="token.deleted")
        assert event.detail["name"] == "Roof"
        assert event.owner == alice
        assert AuditEvent.objects.filter(token_id=event.token_id, action="token.created").exists()

    def test_the_trail_keeps_the_last_use_in_the_portals_form(self, alice):
        mine = token(alice)
        note_use(mine, at=datetime(2026, 2, 3, 4, 5, 6, 789_999, tzinfo=UTC))
        delete_token(mine, actor=ACTOR, now=NOW)
        assert AuditEvent.objects.get(action="token.deleted").detail["last_used"] == "2026-02-03 04:05:06.789Z"

    def test_deleting_twice_raises(self, alice):
        issued = issue(alice)
        stale = SecurityToken.objects.get(pk=issued.token.pk)
        delete_token(issued.token, actor=ACTOR, now=NOW)
        with pytest.raises(SecurityToken.DoesNotExist):
            delete_token(stale, actor=ACTOR, now=NOW)
        assert AuditEvent.objects.filter(action="token.deleted").count() == 1

    def test_a_deletion_whose_audit_entry_fails_did_not_happen(self, alice):
        mine = token(alice)
        with patch("tokens.services.audit.AuditEvent.objects.create", side_effect=DatabaseError), pytest.raises(DatabaseError):
            delete_token(mine, actor=ACTOR, now=NOW)
        assert SecurityToken.objects.filter(pk=mine.pk).exists()


def test_a_node_that_left_the_account_does_not_stop_the_token_from_being_renamed(alice):
    NodeFactory(owner=alice, node_id=103)
    mine = token(alice, policy=Policy(node_ids=(101, 103)))
    Node.objects.filter(node_id=103).delete()
    edit_token(mine, Draft(name="Renamed", policy=mine.read_policy()), actor=ACTOR, now=NOW)
    mine.refresh_from_db()
    assert mine.name == "Renamed"
