"""Last use: recorded, at most once a minute, and never in the way of a request."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from tests.factories import issue
from tokens.models import LastUse, SecurityToken, TokenSecret
from tokens.services.audit import Actor
from tokens.services.signed_requests.log_writing import BackgroundWriter
from tokens.services.signed_requests.use_log import Use, use_log

WRITE_USES = "tokens.services.signed_requests.use_log._write_uses"


@pytest.fixture
def issued(alice, clock):
    return issue(alice, now=clock)


def use(issued, at, *, is_awaited=False):
    actor = Actor(label="token x", address="192.0.2.7", client="meter/1")
    return Use(issued.token.pk, issued.secret.pk, at, actor, is_awaited)


def last_used(issued):
    issued.token.refresh_from_db()
    return issued.token.last_used_at


class TestLastUse:
    def test_a_second_use_within_a_minute_writes_nothing(self, issued, clock, django_assert_num_queries):
        use_log.record(use(issued, clock))
        with django_assert_num_queries(0):
            use_log.record(use(issued, clock + timedelta(seconds=59)))
        assert last_used(issued) == clock

    def test_a_use_a_minute_later_is_written(self, issued, clock):
        use_log.record(use(issued, clock))
        use_log.record(use(issued, clock + timedelta(minutes=1)))
        assert last_used(issued) == clock + timedelta(minutes=1)

    def test_a_later_use_that_another_process_wrote_stays(self, issued, clock):
        use_log.record(use(issued, clock))
        use_log.clear()
        use_log.record(use(issued, clock - timedelta(hours=1)))
        assert last_used(issued) == clock

    def test_the_secret_keeps_its_own_first_and_last_use(self, issued, clock):
        use_log.record(use(issued, clock))
        secret = TokenSecret.objects.get()
        assert (secret.first_used_at, secret.last_used_at, secret.last_used_address) == (clock, clock, "192.0.2.7")

    def test_the_use_of_a_secret_that_was_deleted_since_counts_for_its_token(self, issued, clock):
        TokenSecret.objects.all().delete()
        use_log.record(use(issued, clock))
        assert last_used(issued) == clock

    def test_the_use_of_a_token_that_was_deleted_since_is_ignored(self, issued, clock):
        SecurityToken.objects.all().delete()
        use_log.record(use(issued, clock, is_awaited=True))
        assert not TokenSecret.objects.exists()

    def test_uses_are_written_together(self, alice, clock, django_assert_num_queries, monkeypatch):
        monkeypatch.setattr(BackgroundWriter, "schedule", lambda self: None)
        for one in (issue(alice, now=clock), issue(alice, now=clock)):
            use_log.record(use(one, clock))
        # Two statements, in a savepoint; PostgreSQL is told first that it need not wait for the disk.
        with django_assert_num_queries(4 if connection.vendor == "sqlite" else 5):
            use_log.flush()
        assert TokenSecret.objects.filter(first_used_at=clock).count() == LastUse.objects.filter(at=clock).count() == 2

    def test_a_use_that_cannot_be_written_stays_pending(self, issued, clock, monkeypatch):
        def fail(_):
            raise DatabaseError("locked")

        with monkeypatch.context() as broken:
            broken.setattr(WRITE_USES, fail)
            use_log.record(use(issued, clock))
        use_log.flush()
        assert last_used(issued) == clock

    def test_a_first_use_that_could_not_be_written_is_tried_again(self, issued, clock, monkeypatch):
        def fail(_):
            raise DatabaseError("locked")

        with monkeypatch.context() as broken:
            broken.setattr(WRITE_USES, fail)
            use_log.record(use(issued, clock, is_awaited=True))
        assert TokenSecret.objects.get().first_used_at is None
        use_log.record(use(issued, clock + timedelta(seconds=1), is_awaited=True))
        assert TokenSecret.objects.get().first_used_at == clock + timedelta(seconds=1)
