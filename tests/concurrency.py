"""Doing one thing several times at the same instant."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Answer = TypeVar("Answer")


def at_the_same_instant(times: int, act: Callable[[], Answer]) -> list[Answer]:
    """Call `act` in as many threads at once, each with its own database connection; return what they answered."""
    start = threading.Barrier(times)
    answers: list[Answer] = []

    def run() -> None:
        try:
            start.wait()
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
