"""The audit trail."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from tests.factories import token
from tokens.models import AuditEvent
from tokens.services.audit import Action, Actor, command_actor, record

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("action", Action)
def test_every_action_has_words_and_fits_its_column(action):
    assert action.label
    assert len(action.value) <= AuditEvent._meta.get_field("action").max_length


def test_an_entry_has_who_what_when_and_from_where(alice, bob):
    mine = token(alice)
    actor = Actor(label=bob.email, user=bob, address="192.0.2.7", client="curl/8")
    event = record(Action.EDITED, actor=actor, at=NOW, token=mine, before={"name": "a"}, after={"name": "b"})
    event.refresh_from_db()
    assert (event.action, event.at, event.token_id, event.owner) == ("token.edited", NOW, mine.token_id, alice)
    assert (event.actor, event.actor_label, event.address, event.client) == (bob, bob.email, "192.0.2.7", "curl/8")
    assert event.detail == {"before": {"name": "a"}, "after": {"name": "b"}}
    assert event.count == 1


def test_an_actor_is_cut_to_the_columns_lengths():
    actor = Actor(label="l" * 300, address="a" * 100, client="c" * 500)
    event = record(Action.REFUSED, actor=actor, at=NOW)
    event.refresh_from_db()
    assert (event.actor_label, event.address, event.client) == (actor.label, actor.address, actor.client)
    assert (len(actor.label), len(actor.address), len(actor.client)) == (254, 64, 200)


def test_an_entry_without_a_token_belongs_to_its_account(alice):
    assert record(Action.NODE_SAVED, actor=command_actor(), at=NOW, owner=alice).owner == alice
    assert record(Action.KEYS_RENEWED, actor=command_actor(), at=NOW).owner is None


def test_a_command_is_named_as_such():
    assert command_actor().label.startswith("command")


def test_what_is_rolled_back_leaves_no_entry(alice):
    before = AuditEvent.objects.count()

    def fail_half_way() -> None:
        with transaction.atomic():
            record(Action.EDITED, actor=command_actor(), at=NOW, token=token(alice))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_half_way()
    assert AuditEvent.objects.count() == before
    assert not alice.tokens.exists()
