"""What administrators do with accounts."""

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from accounts.services import is_address_taken, save_account
from tokens.domain.errors import NotPermitted
from tokens.models import AuditEvent
from tokens.services.audit import Actor

ACTOR = Actor(label="test")


def test_saving_without_a_change_writes_no_entry(alice, clock):
    save_account(alice, actor=ACTOR, now=clock)
    assert not AuditEvent.objects.exists()


def test_a_change_is_recorded_with_before_and_after(alice, clock):
    alice.is_active = False
    save_account(alice, actor=ACTOR, now=clock)
    detail = AuditEvent.objects.get().detail
    assert (detail["before"]["active"], detail["after"]["active"]) == (True, False)


def test_a_new_address_is_the_only_one_that_signs_in(alice, clock):
    EmailAddress.objects.create(user=alice, email="alice@example.org", primary=True, verified=True)
    alice.email = "alice@example.net"
    save_account(alice, actor=ACTOR, now=clock)
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["alice@example.net"]


@pytest.mark.parametrize("right", ["is_active", "is_staff", "is_superuser"])
def test_administrators_cannot_remove_their_own_permissions(carol, clock, right):
    actor = Actor(label=carol.email, user=carol)
    itself = User.objects.get(pk=carol.pk)
    setattr(itself, right, False)
    with pytest.raises(NotPermitted):
        save_account(itself, actor=actor, now=clock)
    assert getattr(User.objects.get(pk=carol.pk), right)


def test_a_second_address_of_another_account_is_taken(alice, bob, clock):
    EmailAddress.objects.create(user=alice, email="second@example.org", verified=True)
    assert is_address_taken("SECOND@example.org", excluding=bob)
    assert not is_address_taken("SECOND@example.org", excluding=alice)
