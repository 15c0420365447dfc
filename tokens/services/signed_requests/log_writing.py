"""How the use log and the refusal log write to the database without holding up a request."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

# How long a background write waits for more entries, to write them in one transaction.
_DELAY_SECONDS = 0.5
# Thousands of uses touch most pages of a table and its index, some of them again and again: SQLite need not write a page before
# the commit if it may keep so many KiB of them, which it gives back afterwards.
_WRITING_CACHE = -16_384
# How long a write that a request waits for may wait for SQLite's lock.
_SHORT_LOCK_WAIT_MS = 100


class BackgroundWriter:
    """Calls a function in a background thread, shortly after it is scheduled; the thread exists only while it is needed."""

    def __init__(self, write: Callable[[], None], *, name: str, delay: float = _DELAY_SECONDS) -> None:
        """Store the function; no thread is started yet.

        Args:
            write: writes what is pending; it must be thread-safe.
            name: the thread's name.
            delay: how many seconds a write waits for more to write.
        """
        self._write = write
        self._name = name
        self._delay = delay
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def schedule(self) -> None:
        """Start the thread unless it is already waiting to write; write at once if `USE_LOG_THREAD` is off (tests)."""
        if not settings.USE_LOG_THREAD:
            self._write()
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        time.sleep(self._delay)
        with self._lock:
            # An entry added from now on may come too late for this write, so it must start a new thread.
            self._thread = None
        try:
            self._write()
        finally:
            connection.close()


@contextmanager
def short_lock_wait() -> Iterator[None]:
    """Limit how long SQLite waits for its lock, because a request waits for the write. Other databases are left as they are."""
    if connection.vendor != "sqlite":
        yield
        return
    with _sqlite_setting("busy_timeout", _SHORT_LOCK_WAIT_MS):
        yield


@contextmanager
def in_due_course() -> Iterator[None]:
    """Run a transaction whose commit does not wait for the disk: a power cut may lose it, and nothing else.

    The commits of changes wait as ever, on this connection too once this has ended, and take with them what was written before.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with _sqlite_setting("synchronous", "NORMAL"), _sqlite_setting("cache_size", _WRITING_CACHE), transaction.atomic():
            yield
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
        yield


@contextmanager
def _sqlite_setting(name: str, value: str | int) -> Iterator[None]:
    """Change a setting of the connection for a while."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        (configured,) = cursor.fetchone()
        cursor.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}={configured}")
