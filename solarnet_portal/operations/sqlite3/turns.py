"""Turns at a file: one at a time among all processes, and within a process whoever came first."""

import fcntl
import os
import threading
from collections import deque


class Turns:
    """The turns of this process at one file. A killed process keeps none: the kernel takes its lock away."""

    def __init__(self, path: str) -> None:
        """Open the file, and make it if it is not there."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False
        # A thread that waits for other processes, on behalf of those who wait here and may give up.
        self._has_usher = False

    def take(self, seconds: float) -> bool:
        """Wait for the turn; return False if it has not come after so many seconds."""
        with self._lock:
            if not (self._is_taken or self._has_usher) and self._lock_at_once():
                self._is_taken = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
            if not self._has_usher:
                self._has_usher = True
                threading.Thread(target=self._usher, name="sqlite-turns", daemon=True).start()
        if turn.wait(seconds):
            return True
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        # It came in the last moment.
        return True

    def end(self) -> None:
        """Give the turn to whoever waits, in this process or another."""
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._is_taken = False
            self._ended.notify()

    def _lock_at_once(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _usher(self) -> None:
        while True:
            with self._lock:
                while self._is_taken:
                    self._ended.wait()
                if not self._waiting:
                    self._has_usher = False
                    return
            # The lock is let go between two turns of this process, so that others have theirs.
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with self._lock:
                if self._waiting:
                    self._is_taken = True
                    self._waiting.popleft().set()
                else:
                    fcntl.flock(self._file, fcntl.LOCK_UN)


_known: dict[tuple[int, str], Turns] = {}
_known_lock = threading.Lock()


def turns_at(path: str) -> Turns:
    """Return this process's turns at a file. After a fork they are others than the parent's."""
    key = (os.getpid(), path)
    if key not in _known:
        with _known_lock:
            if key not in _known:
                _known[key] = Turns(path)
    return _known[key]
