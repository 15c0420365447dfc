"""Counting what tokens are used for: exact, without a write a request, and without a secret."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from tests.factories import issue
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.models import Caller, UseDay, UseScope
from tokens.services.use import counting, tidying
from tokens.services.use.counting import UseCounter, use_counter

LIST = "/solarquery/api/v1/sec/datum/list"


@pytest.fixture
def issued(alice):
    return issue(alice)


def request(path=LIST, query="", method="GET", address="192.0.2.7", client="meter/1"):
    return SignedRequest(
        method=method, path=path, query=query, headers=(), body=b"", hosts=(), scheme="https", address=address, client=client
    )


def count(issued, now, sent=None, *, is_allowed=True, by=use_counter, token_type=TokenType.DATA):
    by.count(
        sent or request(),
        token_pk=issued.token.pk,
        secret_pk=issued.secret.pk,
        token_type=token_type,
        is_allowed=is_allowed,
        now=now,
    )


class TestCounting:
    def test_a_request_writes_nothing(self, issued, clock, django_assert_num_queries):
        with django_assert_num_queries(0):
            count(issued, clock)

    def test_allowed_and_refused_are_counted_by_day_and_secret(self, issued, clock):
        for is_allowed in (True, True, False):
            count(issued, clock, is_allowed=is_allowed)
        count(issued, clock + timedelta(days=1))
        use_counter.flush()
        rows = UseDay.objects.order_by("day").values_list("day", "secret_key", "allowed", "refused")
        assert list(rows) == [
            (clock.date(), issued.secret.pk, 2, 1),
            (clock.date() + timedelta(days=1), issued.secret.pk, 1, 0),
        ]

    def test_several_processes_add_to_one_count(self, issued, clock):
        for process in (UseCounter(), UseCounter()):
            count(issued, clock, by=process)
            process.flush()
        assert UseDay.objects.get().allowed == UseScope.objects.get().allowed == Caller.objects.get().calls == 2

    def test_what_a_data_token_asks_for_is_kept_and_dates_are_not(self, issued, clock):
        for day in (1, 2):
            count(issued, clock, request(query=f"nodeId=101&sourceIds=/pv/*,b&aggregation=Hour&startDate=2026-11-0{day}"))
        use_counter.flush()
        scope = UseScope.objects.get()
        assert (scope.method, scope.path, scope.aggregation, scope.allowed) == ("GET", "/datum/list", "Hour", 2)
        assert (json.loads(scope.nodes), json.loads(scope.sources)) == ([101], ["/pv/*", "b"])

    def test_a_user_token_s_query_is_not_kept(self, issued, clock):
        count(issued, clock, request(query="nodeId=101"), token_type=TokenType.USER)
        use_counter.flush()
        assert UseScope.objects.get().nodes == ""

    @pytest.mark.parametrize("where", ["path", "query"])
    def test_a_private_password_sent_by_mistake_is_not_kept(self, issued, clock, where):
        sent = request(path=f"{LIST}/{issued.value}") if where == "path" else request(query=f"sourceId={issued.value}")
        count(issued, clock, sent)
        use_counter.flush()
        scope = UseScope.objects.get()
        assert issued.value not in scope.path + scope.sources

    def test_a_value_that_cannot_be_read_is_counted_as_partial(self, issued, clock):
        count(issued, clock, request(query="nodeId=abc"), is_allowed=False)
        use_counter.flush()
        assert UseScope.objects.get().is_partial

    def test_callers_have_their_first_and_last_use(self, issued, clock):
        for minutes in (0, 5):
            count(issued, clock + timedelta(minutes=minutes))
            use_counter.flush()
        caller = Caller.objects.get()
        assert (caller.first_at, caller.last_at, caller.calls) == (clock, clock + timedelta(minutes=5), 2)

    def test_a_token_that_was_deleted_since_is_ignored(self, issued, clock):
        count(issued, clock)
        issued.token.delete()
        use_counter.flush()
        assert not UseDay.objects.exists()


class TestBounds:
    def test_beyond_the_kinds_of_a_day_the_rest_is_counted_together(self, issued, clock, monkeypatch):
        monkeypatch.setattr(counting, "_MOST_SCOPES", 2)
        for node in range(1, 6):
            count(issued, clock, request(query=f"nodeId={node}"))
        use_counter.flush()
        assert sorted(UseScope.objects.values_list("allowed", "is_partial")) == [(1, False), (1, False), (3, True)]

    def test_beyond_the_keys_in_memory_calls_are_still_counted(self, issued, clock, monkeypatch):
        monkeypatch.setattr(counting, "_MOST_KEYS", 1)
        for node in range(3):
            count(issued, clock, request(query=f"nodeId={node + 1}"))
        use_counter.flush()
        assert UseDay.objects.get().allowed == 3

    def test_a_long_list_is_partial(self, issued, clock):
        count(issued, clock, request(query="nodeIds=" + ",".join(str(node) for node in range(1000, 1400))))
        use_counter.flush()
        assert UseScope.objects.get().is_partial

    def test_while_the_database_is_away_counts_are_kept(self, issued, clock, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(UseCounter, "_write_counts", lambda *args: (_ for _ in ()).throw(DatabaseError("away")))
            count(issued, clock)
            use_counter.flush()
        count(issued, clock)
        use_counter.flush()
        assert UseDay.objects.get().allowed == 2

    def test_of_many_counts_those_are_kept_that_could_not_be_written(self, issued, clock, monkeypatch):
        monkeypatch.setattr(counting, "_PART", 2)
        write, parts = UseCounter._write_counts, []

        def write_one_part(counter, part):
            parts.append(len(part))
            if len(parts) == 2:
                raise DatabaseError("away")
            write(counter, part)

        for node in range(1, 6):
            count(issued, clock, request(query=f"nodeId={node}"))
        monkeypatch.setattr(UseCounter, "_write_counts", write_one_part)
        use_counter.flush()
        assert (UseDay.objects.get().allowed, Caller.objects.count()) == (2, 0)
        use_counter.flush()
        assert parts == [2, 2, 2, 1]
        assert (UseDay.objects.get().allowed, UseScope.objects.count(), Caller.objects.get().calls) == (5, 5, 5)


class TestTidying:
    @pytest.fixture
    def rows(self, issued):
        today = timezone.now().date()
        for days in (0, tidying.KEPT_DAYS, tidying.KEPT_DAYS + 1, tidying.KEPT_DAYS + 2):
            day = today - timedelta(days=days)
            UseDay.objects.create(token=issued.token, day=day, allowed=1)
            UseScope.objects.create(token=issued.token, day=day, scope_key=str(days), method="GET", path="/a", allowed=1)
        return today

    def test_drops_what_is_older_than_400_days(self, rows):
        assert dict(tidying.tidy(rows)) == {"days": 2, "kinds of requests": 2}
        assert UseDay.objects.count() == UseScope.objects.count() == 2

    def test_works_in_bounded_batches(self, rows, monkeypatch):
        monkeypatch.setattr(tidying, "BATCH", 1)
        assert [number for _, number in tidying.tidy(rows)] == [1, 1, 1, 1]

    def test_keeps_the_newest_callers_of_a_token(self, issued, clock):
        for number in range(12):
            at = clock + timedelta(minutes=number)
            Caller.objects.create(token=issued.token, address=f"192.0.2.{number}", first_at=at, last_at=at)
        assert list(tidying.tidy(clock.date())) == [("callers", 2)]
        assert not Caller.objects.filter(address__in=["192.0.2.0", "192.0.2.1"]).exists()

    def test_the_command_says_what_it_did(self, rows, capsys):
        call_command("tidy")
        assert capsys.readouterr().out == "Dropped 2 days, 2 kinds of requests.\n"
        call_command("tidy")
        assert capsys.readouterr().out == "Nothing is old enough to be dropped.\n"
