"""Counting what may be done only so often: exactly, in the database and in Redis, for all processes and threads."""

import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from solarnet_portal.databases import read_cache
from solarnet_portal.env import Environment
from solarnet_portal.operations import health
from tests.concurrency import at_the_same_instant
from tests.running import ROOT, free_port, running
from tests.test_cli import environment, manage
from tokens.models import RateCount
from tokens.services import counters
from tokens.services.counters import count, drop_old

NOW = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)
_MANY = """
import sys, threading
from datetime import datetime, UTC
import django
django.setup()
from tokens.services.counters import count
now = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)
def run():
    for _ in range(25):
        results.append(count("many", limit=40, seconds=60, now=now))
results = []
threads = [threading.Thread(target=run) for _ in range(4)]
sys.stdin.readline()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(results.count(0))
"""


def cache_of(url):
    return {"default": read_cache(Environment({"PORTAL_CACHE_URL": url}))}


def try_it(name="x", *, limit=3, at=NOW):
    return count(name, limit=limit, seconds=60, now=at)


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory):
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    with running(["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)], port, folder / "log"):
        yield port


@pytest.fixture(params=["database", pytest.param("redis", marks=pytest.mark.slow)])
def _store(request, settings, db):
    if request.param == "redis":
        url = f"redis://127.0.0.1:{request.getfixturevalue('redis_port')}/0"
        settings.CACHES = cache_of(url)
    else:
        settings.CACHES = cache_of("")


@pytest.mark.usefixtures("_store")
class TestEverywhere:
    def test_so_many_are_allowed_and_no_more(self):
        assert [try_it("a") for _ in range(5)] == [0, 0, 0, 45, 45]

    def test_the_next_window_begins_at_nothing(self):
        for _ in range(4):
            try_it("b")
        assert try_it("b", at=NOW + timedelta(seconds=45)) == 0

    def test_names_are_counted_apart(self):
        for _ in range(4):
            try_it("c")
        assert try_it("d") == 0


class TestDatabase:
    @pytest.fixture(autouse=True)
    def _cache(self, settings):
        settings.CACHES = cache_of("")

    @pytest.mark.django_db(transaction=True)
    def test_threads_at_the_same_instant_are_counted_each(self):
        allowed = Counter(at_the_same_instant(12, lambda: try_it(limit=5)))
        assert allowed[0] == 5

    def test_beyond_the_limit_nothing_is_written(self, db, django_assert_num_queries):
        for _ in range(4):
            try_it()
        with django_assert_num_queries(1):
            try_it()

    def test_what_is_over_is_dropped(self, db):
        try_it("old", at=NOW - timedelta(hours=1))
        try_it("new")
        assert drop_old(NOW) == 1
        assert RateCount.objects.get().name.startswith("rate:new")

    def test_it_is_dropped_while_others_are_counted(self, db, monkeypatch):
        monkeypatch.setattr(counters, "_TURN", 1)
        try_it("old", at=NOW - timedelta(hours=1))
        try_it("new")
        assert RateCount.objects.count() == 1

    def test_a_cache_that_does_not_answer_does_not_stop_the_counting(self, db, settings):
        settings.CACHES = cache_of(f"redis://127.0.0.1:{free_port()}/0")
        assert [try_it() for _ in range(4)] == [0, 0, 0, 45]


class TestACacheThatIsGone:
    @pytest.fixture(autouse=True)
    def _gone(self, settings, db):
        settings.CACHES = cache_of(f"redis://127.0.0.1:{free_port()}/0")

    def test_who_signs_in_is_told(self, client, alice):
        client.raise_request_exception = False
        response = client.post("/accounts/login/", {"login": alice.email, "password": "wrong"})
        assert response.status_code == 503
        assert "Nothing was changed" in response.content.decode()

    def test_operators_are(self, client, monkeypatch):
        monkeypatch.setattr(health, "LASTS_SECONDS", -1)
        response = client.get("/readyz")
        assert (response.status_code, response.json()["checks"]["cache"]) == (503, False)


@pytest.mark.slow
def test_sign_ins_are_counted_in_redis_too(client, alice, settings, redis_port):
    settings.CACHES = cache_of(f"redis://127.0.0.1:{redis_port}/1")
    statuses = [client.post("/accounts/login/", {"login": alice.email, "password": "wrong"}).status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2


@pytest.mark.slow
def test_processes_at_the_same_instant_are_counted_each(tmp_path):
    assert manage("setup", var=tmp_path).returncode == 0
    values = environment(tmp_path, DJANGO_SETTINGS_MODULE="solarnet_portal.settings")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _MANY], cwd=ROOT, env=values, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 40


@pytest.mark.parametrize("url", ["memcached://x", "127.0.0.1:6379"])
def test_an_address_that_is_none_of_redis_is_told(url):
    env = Environment({"PORTAL_CACHE_URL": url})
    read_cache(env)
    assert "PORTAL_CACHE_URL: write redis://" in env.problems[0]
