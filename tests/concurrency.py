"""Doing one thing several times at the same instant."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def at_the_same_instant(times: int, act: Callable[[], Result]) -> list[Result]:
    """Call `act` in as many threads at once, each with its own database connection; return the results."""
    start = threading.Barrier(times)
    results: list[Result] = []

    def run() -> None:
        try:
            start.wait()
            results.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
