"""How far a long command is: a bar on a terminal, nothing where the output is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(stream: Any, label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of `total` is done; yields what is to be called with the number of things done so far.

    Args:
        stream: a command's standard error, so that what it prints can be piped.
        label: what is being done.
        total: how many things there are.
    """
    console = Console(file=getattr(stream, "_out", stream))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)
