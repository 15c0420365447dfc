"""What operators count and time, in Prometheus's format, where `PORTAL_METRICS_READERS` says who may read it.

No label comes from a client but the status of its answer: neither an address nor a token can make a new series.
"""

from collections.abc import Callable
from functools import cache, wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Seconds. A judgement takes well under a millisecond; a page some of them; a use is written within a second.
_JUDGING = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
_ANSWERING = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WRITING = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)


class _Metrics(NamedTuple):
    requests: "Counter"
    answering: "Histogram"
    judged: "Counter"
    judging: "Histogram"
    secrets: "Counter"
    use_lag: "Histogram"


def is_on() -> bool:
    """Return whether anybody may read what would be counted."""
    return bool(settings.METRICS_READERS)


def note_request(method: str | None, route: str, status: int, seconds: float) -> None:
    """Count an answered request: its route's name, the status, and how long the answer took."""
    metrics = _metrics()
    metrics.requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
    metrics.answering.labels(route).observe(seconds)


def timed_judgement(judge: Callable[..., Any]) -> Callable[..., Any]:
    """Count what a function that judges signed requests decides, why, and how long it takes (`judgement.outcome`, `.code`)."""

    @wraps(judge)
    def judge_and_note(*args: Any, **kwargs: Any) -> Any:
        if not is_on():
            return judge(*args, **kwargs)
        start = perf_counter()
        judged = judge(*args, **kwargs)
        metrics, judgement = _metrics(), judged.judgement
        metrics.judging.observe(perf_counter() - start)
        reason = judgement.denial.rule if judgement.denial is not None else judgement.code
        metrics.judged.labels(judgement.outcome.value, reason).inc()
        return judged

    return judge_and_note


def note_secret(how: str) -> None:
    """Count a new private password, once it is stored for good; `how` it came: issued or imported."""
    if is_on():
        transaction.on_commit(lambda: _metrics().secrets.labels(how).inc())


def note_use_written(seconds: float) -> None:
    """Note how long the oldest use of a batch waited before it was written."""
    if is_on():
        _metrics().use_lag.observe(seconds)


def render() -> bytes:
    """Return the metrics of all processes of this server, in Prometheus's text format."""
    from prometheus_client import generate_latest

    _metrics()
    return generate_latest(_registry())


# Made with the first use: the library takes longer to import than most commands take to run.
@cache
def _metrics() -> _Metrics:
    from prometheus_client import Counter, Histogram

    return _Metrics(
        Counter("portal_requests", "Answered requests.", ["method", "route", "status"]),
        Histogram("portal_request_seconds", "Time to answer a request.", ["route"], buckets=_ANSWERING),
        Counter("portal_judged", "Signed requests that were judged, by outcome and reason.", ["outcome", "reason"]),
        Histogram("portal_judging_seconds", "Time to judge a signed request, with its query.", buckets=_JUDGING),
        Counter("portal_secrets", "New private passwords.", ["how"]),
        Histogram("portal_use_lag_seconds", "How long last uses waited to be written.", buckets=_WRITING),
    )


def _registry() -> "CollectorRegistry":
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.values import ValueClass

    # Several processes, each with files of its own (solarnet_portal/gunicorn.py).
    if ValueClass.__name__ != "MmapedValue":
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library's own
    return registry
