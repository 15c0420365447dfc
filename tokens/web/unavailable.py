"""The 503 for what the portal cannot work without: the database, room on its disk, the cache, the keys."""

from typing import NamedTuple

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tokens.conf import KeysUnusable
from tokens.web.envelope import is_program_path, problem_response
from tokens.web.sessions import find_loaded_user


class Outage(NamedTuple):
    """What is missing: in a sentence for people, and one for programs."""

    page: str
    message: str


_DATABASE = Outage(
    "Its database is not responding. Nothing was changed. Reload this page in a moment.",
    "The portal's database is unavailable. Try again in a moment.",
)
_DISK_FULL = Outage(
    "There is no room left to save anything. Nothing was changed. Its operator has to make room on the database's disk.",
    "The disk of the portal's database is full. Its operator has to make room.",
)
_READ_ONLY = Outage(
    "Its database can only be read at the moment. Nothing was changed. Its operator has to let it write again.",
    "The portal's database can only be read at the moment.",
)
_CACHE = Outage(
    "What counts tries to sign in is not responding. Nothing was changed. Try again in a moment.",
    "The portal's cache is unavailable. Try again in a moment.",
)
_KEYS = Outage(
    "The keys that seal private passwords are missing or wrong. Nothing was changed. Its operator finds the reason in the log.",
    "The keys that seal private passwords are missing or wrong. Its operator finds the reason in the log.",
)
# In the words of SQLite and of PostgreSQL.
_FULL_WORDS = ("disk is full", "disk full", "no space left")
_READ_ONLY_WORDS = ("readonly database", "read-only transaction")


def find_outage(exception: BaseException | None) -> Outage | None:
    """Return what an error says is missing, `None` for any other error."""
    if isinstance(exception, KeysUnusable):
        return _KEYS
    if is_from_cache(exception):
        return _CACHE
    if not isinstance(exception, OperationalError | InterfaceError | InternalError):
        return None
    text = str(exception).lower()
    if any(words in text for words in _FULL_WORDS):
        return _DISK_FULL
    if any(words in text for words in _READ_ONLY_WORDS):
        return _READ_ONLY
    return None if isinstance(exception, InternalError) else _DATABASE


def is_from_cache(exception: BaseException | None) -> bool:
    """Return whether an error is that of a Redis or Valkey that does not answer, without importing its library."""
    return any(kind.__module__ == "redis.exceptions" for kind in type(exception).__mro__)


def unavailable_response(request: HttpRequest, outage: Outage = _DATABASE) -> HttpResponse:
    """Return the 503: a page, or the envelope for programs."""
    if is_program_path(request.path):
        response = problem_response(503, "UNAVAILABLE", outage.message)
    else:
        # Rendered without the request, because reading its user needs the database.
        context = {"user": find_loaded_user(request), "outage": outage.page}
        response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = "5"
    return response
