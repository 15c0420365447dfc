"""Re-encrypting every secret with the newest key."""

import pytest
from django.db import transaction

from tests.factories import issue
from tokens import conf
from tokens.domain.secrets.vault import Vault, make_key, read_keys
from tokens.models import AuditEvent, TokenSecret
from tokens.services import reencryption
from tokens.services.audit import Actor

ACTOR = Actor(label="test")


@pytest.fixture
def renewed_ring(settings):
    """Put a new key in front of the ring, as an operator does."""

    def renew(*, drop_old=False):
        settings.TOKEN_KEYS = make_key() if drop_old else f"{make_key()},{settings.TOKEN_KEYS}"

    return renew


def reencrypt(now, size=2):
    return list(reencryption.reencrypt_all(actor=ACTOR, now=now, batch_size=size))


def all_current():
    vault = conf.get_vault()
    return all(vault.is_current(bytes(secret.sealed)) for secret in TokenSecret.objects.all())


def opened(issued):
    return conf.get_vault().open(bytes(TokenSecret.objects.get(pk=issued.secret.pk).sealed), token_id=issued.token.token_id)


def test_every_secret_is_sealed_with_the_newest_key(alice, renewed_ring, clock):
    for _ in range(5):
        issue(alice)
    renewed_ring()
    batches = reencrypt(clock)
    assert [batch.renewed for batch in batches] == [2, 2, 1]
    assert all_current()


def test_the_secrets_stay_what_they_were(alice, renewed_ring, clock):
    issued = issue(alice)
    renewed_ring()
    reencrypt(clock)
    assert opened(issued) == issued.value


def test_a_second_run_changes_nothing(alice, renewed_ring, clock):
    issue(alice)
    renewed_ring()
    reencrypt(clock)
    before = list(TokenSecret.objects.values_list("sealed", flat=True))
    assert [(batch.renewed, batch.current) for batch in reencrypt(clock)] == [(0, 1)]
    assert list(TokenSecret.objects.values_list("sealed", flat=True)) == before


def test_an_interrupted_run_can_be_continued(alice, renewed_ring, clock):
    for _ in range(5):
        issue(alice)
    renewed_ring()
    next(reencryption.reencrypt_all(actor=ACTOR, now=clock, batch_size=2))
    assert sum(batch.renewed for batch in reencrypt(clock)) == 3
    assert all_current()


def test_a_secret_without_a_key_is_reported_and_the_others_are_renewed(alice, renewed_ring, clock):
    lost, found = issue(alice), issue(alice)
    sealed_elsewhere = Vault(read_keys(make_key())).seal(lost.value, token_id=lost.token.token_id)
    TokenSecret.objects.filter(token=lost.token).update(sealed=sealed_elsewhere)
    renewed_ring()
    (batch,) = reencrypt(clock, size=9)
    assert (batch.renewed, batch.failed) == (1, (lost.token.token_id,))
    assert opened(found) == found.value


def test_a_batch_and_its_audit_entry_commit_together(alice, renewed_ring, clock, monkeypatch):
    issue(alice)
    renewed_ring()

    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(reencryption.audit, "record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        reencrypt(clock)
    assert not all_current()


def test_each_batch_that_changed_something_is_in_the_audit_trail(alice, renewed_ring, clock):
    issue(alice)
    renewed_ring()
    reencrypt(clock)
    reencrypt(clock)
    assert [event.detail for event in AuditEvent.objects.filter(action="vault.reencrypted")] == [{"renewed": 1, "shut": 0}]
