"""Saving, transferring and removing nodes."""

import pytest

from tokens.models import AuditEvent, Node
from tokens.services.audit import Actor
from tokens.services.nodes import remove_node, save_node

ACTOR = Actor(label="test")


def test_saving_without_a_change_writes_no_entry(alice, clock):
    save_node(Node.objects.get(node_id=101), actor=ACTOR, now=clock)
    assert not AuditEvent.objects.exists()


def test_a_new_name_is_recorded_with_the_old_one(alice, clock):
    node = Node.objects.get(node_id=101)
    node.name = "South roof"
    save_node(node, actor=ACTOR, now=clock)
    detail = AuditEvent.objects.get().detail
    assert (detail["before"]["name"], detail["after"]["name"]) == ("Roof", "South roof")


def test_a_node_that_is_gone_is_not_saved_again(alice, clock):
    node = Node.objects.get(node_id=101)
    Node.objects.all().delete()
    node.name = "Ghost"
    with pytest.raises(Node.DoesNotExist):
        save_node(node, actor=ACTOR, now=clock)
    assert not Node.objects.exists()


def test_removing_records_the_owner(alice, clock):
    remove_node(Node.objects.get(node_id=101), actor=ACTOR, now=clock)
    event = AuditEvent.objects.get()
    assert (event.owner, event.detail["before"]["node"]) == (alice, 101)
