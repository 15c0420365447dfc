"""Lists from a replica: which reads go there, and that nobody misses what they have just changed."""

from unittest.mock import MagicMock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router
from django.http import HttpResponse
from django.urls import resolve
from django.utils import timezone

from solarnet_portal.databases import read_database, read_replica
from solarnet_portal.env import Environment
from solarnet_portal.operations import replica
from solarnet_portal.operations.replica import ReplicaMiddleware, ReplicaRouter
from tests.test_cli import manage
from tokens.models import AuditEvent, SecurityToken
from tokens.services.lists.counts import count_tokens

ROUTER = ReplicaRouter()


@pytest.fixture
def asked(rf, settings, monkeypatch):
    """Return which database a view of a request would read a model from; `None` for the one that knows everything."""
    monkeypatch.setattr(replica, "_answers", lambda: True)

    def ask(path="/tokens/", method="GET", model=SecurityToken, **cookies):
        read = []

        def view(request):
            middleware.process_view(request)
            read.append(ROUTER.db_for_read(model))
            return HttpResponse()

        middleware = ReplicaMiddleware(view)
        request = rf.generic(method, path)
        request.COOKIES.update(cookies)
        request.resolver_match = resolve(path)
        response = middleware(request)
        return read[0], response

    return ask


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        "path", ["/tokens/", "/activity/", "/activity.csv", "/tokens/export.json", "/nodes/", "/admin/tokens/auditevent/"]
    )
    def test_the_replica_for_lists(self, asked, path):
        assert asked(path)[0] == "replica"

    @pytest.mark.parametrize("path", ["/authorize", "/solaruser/api/v1/sec/whoami", "/tokens/new/user/", "/accounts/login/"])
    def test_the_database_for_everything_else(self, asked, path):
        assert asked(path)[0] is None

    def test_the_database_by_who_has_just_changed_something(self, asked):
        _, response = asked(method="POST")
        cookie = response.cookies["changed"]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (15, True, "Lax")
        assert asked(changed=cookie.value)[0] is None

    def test_a_read_marks_nothing(self, asked):
        assert not asked()[1].cookies

    def test_the_database_for_who_signs_in(self, asked):
        from accounts.models import User

        assert asked(model=User)[0] is None

    def test_no_list_outlives_its_request(self, asked):
        assert asked("/activity/", model=AuditEvent)[0] == "replica"
        assert asked("/authorize", model=AuditEvent)[0] is None

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_program_s_request_after_a_list_reads_from_the_database(self, asked, rf, method):
        assert asked("/tokens/")[0] == "replica"
        read = []

        def program(request):
            # No view of the pages is chosen for it (tests/test_program_middleware.py).
            read.append(ROUTER.db_for_read(SecurityToken))
            return HttpResponse()

        response = ReplicaMiddleware(program)(rf.generic(method, "/solaruser/api/v1/sec/user/auth-tokens"))
        assert read == [None]
        assert not response.cookies

    def test_it_is_in_front_of_programs_too(self, tmp_path):
        code = "from django.conf import settings; print(settings.MIDDLEWARE[0])"
        values = {"DATABASE_URL": "postgres://portal@db/portal", "DATABASE_REPLICA_URL": "postgres://portal@db2/portal"}
        assert manage("shell", "-v0", "-c", code, var=tmp_path, **values).stdout.strip().endswith("ReplicaMiddleware")


@pytest.mark.django_db
def test_the_counts_above_a_list_come_from_where_the_list_does(monkeypatch, alice):
    database = MagicMock()
    database.cursor.return_value.__enter__.return_value.fetchone.return_value = [7] * 12
    monkeypatch.setattr(connections._connections, "replica", database, raising=False)
    monkeypatch.setattr(router, "routers", [ROUTER])
    asked = replica._is_asked.set(True)
    try:
        counts = count_tokens(alice, timezone.now())
    finally:
        replica._is_asked.reset(asked)
    assert {count.number for kind in counts.values() for count in kind} == {7}


class TestAReplicaThatFails:
    def test_the_database_is_asked_instead(self, monkeypatch):
        class Gone:
            def ensure_connection(self):
                raise DatabaseError("no route to host")

        monkeypatch.setitem(connections.databases, "replica", connections.databases["default"])
        monkeypatch.setattr(connections._connections, "replica", Gone(), raising=False)
        assert replica._answers() is False


def test_no_table_is_made_in_it():
    assert ROUTER.allow_migrate("replica", "tokens") is False
    assert ROUTER.allow_migrate("default", "tokens") is None


class TestSettings:
    def test_there_is_none_unless_one_is_named(self):
        assert read_replica(Environment({})) == {}

    def test_it_is_postgresql(self):
        env = Environment({"DATABASE_REPLICA_URL": "sqlite:///x"})
        assert read_replica(env) == {}
        assert "DATABASE_REPLICA_URL: write postgres://" in env.problems[0]

    def test_it_is_read_like_the_database(self):
        found = read_replica(Environment({"DATABASE_REPLICA_URL": "postgres://portal@db2/portal"}))["replica"]
        assert (found["HOST"], found["OPTIONS"]["prepare_threshold"]) == ("db2", 5)

    def test_what_is_wrong_for_both_is_told_once(self, tmp_path):
        values = {"DATABASE_URL": "postgres://portal@db/portal", "DATABASE_REPLICA_URL": "postgres://portal@db2/portal"}
        env = Environment({**values, "PORTAL_DATABASE_POOL": "many"})
        read_database(env, tmp_path)
        read_replica(env)
        with pytest.raises(ImproperlyConfigured) as refused:
            env.check()
        assert str(refused.value).count("PORTAL_DATABASE_POOL") == 1

    @pytest.mark.parametrize(("size", "pool"), [("", 6), ("3", 3)])
    def test_postgresql_has_a_pool(self, tmp_path, size, pool):
        env = Environment({"DATABASE_URL": "postgres://portal@db/portal", "PORTAL_DATABASE_POOL": size})
        database = read_database(env, tmp_path)
        assert (database["OPTIONS"]["pool"]["max_size"], database["CONN_MAX_AGE"]) == (pool, 0)

    def test_without_a_pool_each_thread_keeps_its_connection(self, tmp_path):
        env = Environment({"DATABASE_URL": "postgres://portal@db/portal", "PORTAL_DATABASE_POOL": "0"})
        database = read_database(env, tmp_path)
        assert "pool" not in database["OPTIONS"]
        assert database["CONN_MAX_AGE"] is None
