"""`/healthz` (the process answers), `/readyz` (everything that requests need is there) and `/metrics`, for operators.

All are answered before anything else: a probe comes by address instead of name, and without HTTPS.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from tokens import conf, metrics
from tokens.services.keys import find_key_problem
from tokens.web.unavailable import is_from_cache

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
_CACHE_KEY = "readyz"
LASTS_SECONDS = 1.0


@dataclass(slots=True)
class _Latest:
    """What the latest look found, and when."""

    found: dict[str, bool] | None = None
    at: float = 0.0


_latest = _Latest()


class HealthMiddleware:
    """Answers the probes, and passes everything else on."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe."""
        probe = _PROBES.get(request.path_info)
        if probe is None or (probe is tell_metrics and not may_read_metrics(request)):
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = probe(request)
        response["Cache-Control"] = "no-store"
        return response


def tell_alive(request: HttpRequest) -> HttpResponse:
    """Return a 200: this process answers."""
    return JsonResponse({"alive": True})


def tell_ready(request: HttpRequest) -> HttpResponse:
    """Return a 200 if all checks pass, else a 503; which check failed is told, and why only in the log.

    Anybody may ask, so each process looks at most once a second.
    """
    now = time.monotonic()
    if _latest.found is None or now - _latest.at > LASTS_SECONDS:
        _latest.found = {name: _is_fine(name, check) for name, check in _CHECKS.items()}
        _latest.at = now
    found = _latest.found
    is_ready = all(found.values())
    response = JsonResponse({"ready": is_ready, "checks": found}, status=200 if is_ready else 503)
    if not is_ready:
        response["Retry-After"] = "5"
    return response


def tell_metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of all processes.

    Raises:
        Http404: for who may not read them, as if there were nothing.
    """
    if not may_read_metrics(request):
        raise Http404
    return HttpResponse(metrics.render(), content_type="text/plain; version=0.0.4; charset=utf-8")


def may_read_metrics(request: HttpRequest) -> bool:
    """Return whether the settings name the caller. Who comes through a proxy is not the one that the address tells."""
    is_direct = not any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return is_direct and conf.may_read_metrics(request.META.get("REMOTE_ADDR", ""))


def _is_fine(name: str, check: Callable[[], str]) -> bool:
    try:
        problem = check()
    except Exception as error:
        if not (isinstance(error, DatabaseError) or is_from_cache(error)):
            raise
        problem = str(error)
    if problem:
        logger.error("Not ready (%s): %s", name, problem)
    return not problem


def _check_database() -> str:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _check_migrations() -> str:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} migrations are not applied. Run `migrate`." if missing else ""


def _check_cache() -> str:
    cache.set(_CACHE_KEY, "1", timeout=60)
    return "" if cache.get(_CACHE_KEY) == "1" else "The cache does not keep what is written to it."


_CHECKS: dict[str, Callable[[], str]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "keys": find_key_problem,
    "cache": _check_cache,
}
# Routes too (solarnet_portal/urls.py), so that they have names.
_PROBES: dict[str, GetResponse] = {"/healthz": tell_alive, "/readyz": tell_ready, "/metrics": tell_metrics}
