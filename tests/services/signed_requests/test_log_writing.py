"""Writing beside a request: in a thread that ends on its own, and without waiting long for SQLite's lock."""

import threading

import pytest
from django.db import connection

from tokens.services.signed_requests import log_writing
from tokens.services.signed_requests.log_writing import BackgroundWriter, short_lock_wait

only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own setting")


def busy_timeout():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return cursor.fetchone()[0]


@pytest.fixture
def configured(db):
    """A wait that differs from the default."""
    usual = busy_timeout()
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout={usual + 1}")
        yield usual + 1
        cursor.execute(f"PRAGMA busy_timeout={usual}")


class TestBackgroundWriter:
    def test_writes_at_once_without_the_thread(self, settings):
        settings.USE_LOG_THREAD = False
        written = []
        BackgroundWriter(lambda: written.append(threading.current_thread()), name="log").schedule()
        assert written == [threading.current_thread()]

    def test_writes_in_a_thread_of_its_name(self, settings, monkeypatch):
        settings.USE_LOG_THREAD = True
        monkeypatch.setattr(log_writing, "_DELAY_SECONDS", 0)
        written, done = [], threading.Event()

        def write():
            written.append(threading.current_thread().name)
            done.set()

        BackgroundWriter(write, name="log").schedule()
        assert done.wait(10)
        assert written == ["log"]

    def test_writes_once_for_all_that_is_scheduled_while_it_waits(self, settings, monkeypatch):
        settings.USE_LOG_THREAD = True
        waiting, written = threading.Event(), []
        monkeypatch.setattr(log_writing.time, "sleep", lambda _: waiting.wait(10))
        writer = BackgroundWriter(lambda: written.append(1), name="log-once")
        writer.schedule()
        writer.schedule()
        threads = [thread for thread in threading.enumerate() if thread.name == "log-once"]
        waiting.set()
        for thread in threads:
            thread.join(10)
        assert written == [1]

    def test_writes_again_when_it_is_scheduled_again(self, settings, monkeypatch):
        settings.USE_LOG_THREAD = True
        monkeypatch.setattr(log_writing, "_DELAY_SECONDS", 0)
        written, done = [], threading.Event()

        def write():
            written.append(1)
            done.set()

        writer = BackgroundWriter(write, name="log-again")
        for _ in range(2):
            done.clear()
            writer.schedule()
            assert done.wait(10)
        assert written == [1, 1]


@only_sqlite
class TestShortLockWait:
    def test_the_wait_is_short_inside(self, db):
        with short_lock_wait():
            assert busy_timeout() == 100

    def test_the_configured_wait_comes_back(self, configured):
        with short_lock_wait():
            pass
        assert busy_timeout() == configured

    def test_the_configured_wait_comes_back_after_an_error(self, configured):
        with pytest.raises(RuntimeError), short_lock_wait():
            raise RuntimeError
        assert busy_timeout() == configured
