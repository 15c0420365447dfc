"""Writers at SQLite take turns: among threads in the order they came, among processes by the kernel, and none for ever."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from solarnet_portal.operations.sqlite3.turns import Turns
from tests.concurrency import at_the_same_instant
from tests.factories import issue
from tests.running import ROOT
from tokens.models import SecurityToken

OTHER = """
import sys, time
from solarnet_portal.operations.sqlite3.turns import Turns
turns = Turns(sys.argv[1])
print(turns.take(20), flush=True)
sys.stdin.readline()
turns.end()
"""


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "x-turns")


@pytest.fixture
def other(path):
    """Another process that has the turn until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip() == "True"
    yield process
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        stream.close()


class TestWithinAProcess:
    def test_one_has_the_turn_at_a_time(self, path):
        turns = Turns(path)
        assert turns.take(0)
        assert not turns.take(0.05)
        turns.end()
        assert turns.take(20)
        turns.end()

    def test_who_came_first_is_next(self, path):
        turns, order, threads = Turns(path), [], []

        def write(name):
            assert turns.take(20)
            order.append(name)
            turns.end()

        assert turns.take(0)
        for name in range(10):
            threads.append(threading.Thread(target=write, args=(name,)))
            threads[-1].start()
            while len(turns._waiting) <= name:
                time.sleep(0.001)
        turns.end()
        for thread in threads:
            thread.join()
        assert order == list(range(10))

    def test_who_gives_up_is_not_waited_for(self, path):
        turns = Turns(path)
        assert turns.take(0)
        assert not turns.take(0.01)
        turns.end()
        assert turns.take(5)
        turns.end()

    def test_never_two_at_once(self, path):
        turns, inside, most = Turns(path), [0], [0]

        def write():
            for _ in range(50):
                assert turns.take(20)
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1
                turns.end()

        at_the_same_instant(8, write)
        assert most == [1]


@pytest.mark.slow
class TestAmongProcesses:
    def test_another_one_s_turn_is_waited_for(self, path, other):
        turns = Turns(path)
        assert not turns.take(0.1)
        other.stdin.close()
        assert turns.take(20)
        turns.end()

    def test_a_killed_one_keeps_none(self, path, other):
        os.kill(other.pid, signal.SIGKILL)
        assert Turns(path).take(20)

    def test_who_gave_up_leaves_no_lock_behind(self, path, other):
        turns = Turns(path)
        assert not turns.take(0.05)
        other.stdin.close()
        other.wait(20)
        assert Turns(path).take(20)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's turns")
@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_sixteen_writers_at_once_all_write(self, alice):
        at_the_same_instant(16, lambda: [issue(alice) for _ in range(10)])
        assert SecurityToken.objects.count() == 160

    def test_who_waits_too_long_gets_what_sqlite_says(self, alice):
        begun, ended = threading.Event(), threading.Event()

        def hold():
            with transaction.atomic():
                begun.set()
                ended.wait(20)
            connection.close()

        holder = threading.Thread(target=hold)
        holder.start()
        begun.wait(20)
        connection.settings_dict["OPTIONS"]["timeout"], usual = 0.05, connection.settings_dict["OPTIONS"]["timeout"]
        try:
            with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
                pass
        finally:
            connection.settings_dict["OPTIONS"]["timeout"] = usual
            ended.set()
            holder.join()
        issue(alice)

    @pytest.mark.parametrize("fails", [False, True])
    def test_the_turn_ends_with_the_transaction(self, alice, fails):
        class Failed(Exception):
            pass

        try:
            with transaction.atomic():
                assert connection._has_turn
                if fails:
                    raise Failed
        except Failed:
            pass
        assert not connection._has_turn

    def test_reading_takes_none(self, alice):
        assert SecurityToken.objects.count() == 0
        assert not connection._has_turn
