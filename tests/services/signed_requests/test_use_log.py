"""Last use and repeated refusals: recorded, bounded, and never in the way of a request."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from tests.factories import issue
from tokens.models import AuditEvent, TokenSecret
from tokens.services.audit import Actor
from tokens.services.signed_requests import use_log
from tokens.services.signed_requests.use_log import Refusal, Use, record_refusal, record_use


@pytest.fixture
def issued(alice, clock):
    return issue(alice, now=clock)


def use(issued, at, address="192.0.2.7"):
    return Use(issued.token.pk, issued.secret.pk, at, address, "meter/1")


def refusal(issued, at, kind=("DATA_NOT_ALLOWED", "nodeIds")):
    return Refusal(issued.token, kind, {"code": kind[0], "rule": kind[1]}, Actor(label="token x"), at)


def last_used(issued):
    issued.token.refresh_from_db()
    return issued.token.last_used_at


def refused():
    return AuditEvent.objects.filter(action="request.refused").order_by("pk")


class TestLastUse:
    def test_a_second_use_within_a_minute_writes_nothing(self, issued, clock, django_assert_num_queries):
        record_use(use(issued, clock), is_first=True)
        with django_assert_num_queries(0):
            record_use(use(issued, clock + timedelta(seconds=59)), is_first=False)
        assert last_used(issued) == clock

    def test_a_use_a_minute_later_is_written(self, issued, clock):
        record_use(use(issued, clock), is_first=True)
        record_use(use(issued, clock + timedelta(minutes=1)), is_first=False)
        assert last_used(issued) == clock + timedelta(minutes=1)

    def test_a_later_use_that_another_process_wrote_stays(self, issued, clock):
        record_use(use(issued, clock), is_first=True)
        use_log.forget()
        record_use(use(issued, clock - timedelta(hours=1)), is_first=False)
        assert last_used(issued) == clock

    def test_the_secret_that_was_used_tells_it_too(self, issued, clock):
        record_use(use(issued, clock), is_first=True)
        secret = TokenSecret.objects.get()
        assert (secret.first_used_at, secret.last_used_at, secret.last_used_address) == (clock, clock, "192.0.2.7")

    def test_a_secret_that_is_gone_is_no_failure(self, issued, clock):
        TokenSecret.objects.all().delete()
        record_use(use(issued, clock), is_first=True)

    def test_a_database_that_cannot_write_fails_no_request_and_loses_no_use(self, issued, clock, monkeypatch):
        def fail(_):
            raise DatabaseError("locked")

        with monkeypatch.context() as broken:
            broken.setattr(use_log, "_write_use", fail)
            record_use(use(issued, clock), is_first=False)
        use_log.flush()
        assert last_used(issued) == clock

    def test_a_first_use_that_could_not_be_written_is_tried_again(self, issued, clock, monkeypatch):
        def fail(_):
            raise DatabaseError("locked")

        with monkeypatch.context() as broken:
            broken.setattr(use_log, "_write_use", fail)
            record_use(use(issued, clock), is_first=True)
        assert TokenSecret.objects.get().first_used_at is None
        record_use(use(issued, clock + timedelta(seconds=1)), is_first=True)
        assert TokenSecret.objects.get().first_used_at == clock + timedelta(seconds=1)


class TestRefusals:
    def test_the_same_within_a_minute_is_counted_in_one_entry(self, issued, clock):
        for second in range(30):
            record_refusal(refusal(issued, clock + timedelta(seconds=second)))
        assert [event.count for event in refused()] == [30]

    def test_the_same_a_minute_later_is_a_new_entry(self, issued, clock):
        record_refusal(refusal(issued, clock))
        record_refusal(refusal(issued, clock + timedelta(minutes=1)))
        assert refused().count() == 2

    def test_another_rule_is_another_entry(self, issued, clock):
        record_refusal(refusal(issued, clock))
        record_refusal(refusal(issued, clock, kind=("TOKEN_DISABLED", "status")))
        assert refused().count() == 2

    def test_a_broken_client_fills_no_more_than_sixty_entries_an_hour(self, issued, clock):
        for number in range(100):
            record_refusal(refusal(issued, clock + timedelta(seconds=number), kind=("CODE", f"rule{number}")))
        assert refused().count() == 60
        assert sum(event.count for event in refused()) == 100

    def test_another_process_keeps_to_the_same_bound(self, issued, clock):
        for number in range(70):
            use_log.forget()
            record_refusal(refusal(issued, clock + timedelta(seconds=number)))
        assert refused().count() == 60

    def test_an_audit_trail_that_cannot_be_written_fails_no_request(self, issued, clock, monkeypatch):
        def fail(_):
            raise DatabaseError("locked")

        monkeypatch.setattr(use_log, "_write_refusal", fail)
        record_refusal(refusal(issued, clock))
        assert not refused()
