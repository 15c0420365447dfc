"""Lists and downloads read from a replica of the database, where the settings name one (docs/scaling.md).

A replica is some milliseconds behind. Only pages that show many rows ask it, and not for a while after the same browser has
changed something, so that nobody misses what they have just done. Signed requests are always judged by the database itself.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections, models
from django.http import HttpRequest, HttpResponse

from tokens.web.envelope import is_program_path

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
ALIAS = "replica"
COOKIE = "changed"
# Longer than a replica is behind that is worth reading from.
_BEHIND_SECONDS = 15
_READS = frozenset({"GET", "HEAD"})
_APP = "tokens"
_ROUTES = frozenset(
    {
        *(f"tokens:{name}" for name in ("list", "export-csv", "export-json", "review", "nodes", "node")),
        *(f"tokens:{name}" for name in ("activity", "activity-csv", "activity-json")),
        *(f"admin:tokens_{model}_changelist" for model in ("securitytoken", "auditevent", "node")),
    }
)
# Stays until the thread's next request of any kind, because downloads are read after the middleware.
_is_asked: ContextVar[bool] = ContextVar("is_replica_asked", default=False)


class ReplicaRouter:
    """Sends what a list reads of tokens to the replica, and everything else to the database."""

    def db_for_read(self, model: type[models.Model], **_: Any) -> str | None:
        """Return the replica for such a read, `None` for any other."""
        return ALIAS if _is_asked.get() and model._meta.app_label == _APP else None

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        """Return True: both have the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        """Return False for the replica, which gets its tables from the database."""
        return False if db == ALIAS else None


class ReplicaMiddleware:
    """Decides for each request whether its lists come from the replica, and marks the browser that has changed something."""

    def __init__(self, get_response: GetResponse) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request. What the thread's last one was allowed to read holds for nobody else, programs least of all."""
        _is_asked.set(False)
        response = self.get_response(request)
        if request.method not in _READS and not is_program_path(request.path_info):
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(COOKIE, "1", max_age=_BEHIND_SECONDS, secure=secure, httponly=True, samesite="Lax")
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Choose where this request's lists come from."""
        match = request.resolver_match
        is_list = match is not None and match.view_name in _ROUTES
        is_asked = is_list and request.method in _READS and COOKIE not in request.COOKIES
        _is_asked.set(is_asked and _answers())


def _answers() -> bool:
    """Return whether the replica can be asked. The database knows everything, so its failure fails nobody."""
    try:
        connections[ALIAS].ensure_connection()
    except DatabaseError as error:
        logger.warning("The replica does not answer; the database is asked instead: %s", error)
        return False
    return True
