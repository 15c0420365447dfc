"""Requests in the audit trail: counted when they repeat, limited an hour, and never in the way of a request."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError

from tests.factories import issue
from tokens.models import AuditEvent
from tokens.services.audit import Action, Actor
from tokens.services.signed_requests.request_log import RequestEvent, request_log

WRITE_EVENT = "tokens.services.signed_requests.request_log._write_event"
RAISE_COUNT = "tokens.services.signed_requests.request_log._raise_count"


@pytest.fixture
def issued(alice, clock):
    return issue(alice, now=clock)


def refusal(issued, at, kind=("DATA_NOT_ALLOWED", "nodeIds")):
    return RequestEvent(Action.REFUSED, issued.token, kind, {"code": kind[0], "rule": kind[1]}, Actor(label="token x"), at)


def refused():
    return AuditEvent.objects.filter(action="request.refused").order_by("pk")


def test_repeats_within_a_minute_are_counted_in_one_entry(issued, clock):
    for second in range(30):
        request_log.record(refusal(issued, clock + timedelta(seconds=second)))
    assert [event.count for event in refused()] == [30]


def test_a_repeat_a_minute_later_is_a_new_entry(issued, clock):
    request_log.record(refusal(issued, clock))
    request_log.record(refusal(issued, clock + timedelta(minutes=1)))
    assert refused().count() == 2


def test_each_rule_has_its_own_entry(issued, clock):
    request_log.record(refusal(issued, clock))
    request_log.record(refusal(issued, clock, kind=("TOKEN_DISABLED", "status")))
    assert refused().count() == 2


def test_another_action_of_the_same_kind_has_its_own_entry(issued, clock):
    request_log.record(refusal(issued, clock))
    request_log.record(replace(refusal(issued, clock), action=Action.HANDED_OVER))
    assert (refused().count(), AuditEvent.objects.filter(action="request.handed_over").count()) == (1, 1)


def test_a_token_has_at_most_sixty_entries_an_hour(issued, clock):
    for number in range(100):
        request_log.record(refusal(issued, clock + timedelta(seconds=number), kind=("CODE", f"rule{number}")))
    assert refused().count() == 60
    assert sum(event.count for event in refused()) == 100


def test_the_limit_applies_to_all_processes_together(issued, clock):
    for number in range(70):
        request_log.clear()
        request_log.record(refusal(issued, clock + timedelta(seconds=number)))
    assert refused().count() == 60


def test_a_refusal_that_cannot_be_written_does_not_fail_the_request(issued, clock, monkeypatch):
    def fail(_):
        raise DatabaseError("locked")

    monkeypatch.setattr(WRITE_EVENT, fail)
    request_log.record(refusal(issued, clock))
    assert not refused()


def test_a_count_that_cannot_be_written_stays_pending(issued, clock, monkeypatch):
    def fail(*_, **__):
        raise DatabaseError("locked")

    request_log.record(refusal(issued, clock))
    with monkeypatch.context() as broken:
        broken.setattr(RAISE_COUNT, fail)
        request_log.record(refusal(issued, clock + timedelta(seconds=1)))
    request_log.flush()
    assert [event.count for event in refused()] == [2]
