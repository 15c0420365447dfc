"""Interleaved timing: contestants take turns within one run, so that noise affects all of them equally."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping

Contestant = Callable[[], object]


def interleave(contestants: Mapping[str, Contestant], *, rounds: int, calls: int) -> dict[str, float]:
    """Time contestants in turns.

    Args:
        contestants: what to call, by name.
        rounds: how many turns each one gets.
        calls: how many calls make a turn.

    Returns:
        The median microseconds a call, by name.
    """
    for contestant in contestants.values():
        _prepare(contestant)
        for _ in range(calls):
            contestant()
        _finish(contestant)
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            # In another order each time: what comes at intervals, as when a database copies its log, must not meet the same one.
            for name, contestant in random.sample(list(contestants.items()), len(contestants)):
                _prepare(contestant)
                start = time.perf_counter()
                for _ in range(calls):
                    contestant()
                _finish(contestant)
                samples[name].append((time.perf_counter() - start) / calls * 1e6)
    finally:
        gc.enable()
    return {name: statistics.median(times) for name, times in samples.items()}


def _prepare(contestant: Contestant) -> None:
    """Let a contestant get ready for a turn (`prepare`, where it has one) before the clock runs."""
    prepare = getattr(contestant, "prepare", None)
    if prepare is not None:
        prepare()


def _finish(contestant: Contestant) -> None:
    """Let a contestant do what its turn has left to be done (`finish`, where it has one) while the clock still runs."""
    finish = getattr(contestant, "finish", None)
    if finish is not None:
        finish()


def table(title: str, medians: Mapping[str, float], *, base: str, unit: str = "µs") -> str:
    """Return the medians and their ratios to `base` as a table."""
    width = max(map(len, medians))
    lines = [title, f"{'':{width}}  {unit:>10}  {'ratio':>6}"]
    lines += [f"{name:{width}}  {median:10.1f}  {median / medians[base]:6.2f}" for name, median in medians.items()]
    return "\n".join(lines)
