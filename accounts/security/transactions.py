"""django-allauth's pages of second factors: each change commits together with its entry in the audit trail (SPEC, "Promises")."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver


def in_transactions(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Return the same routes, with a transaction around whatever a form that is sent does. Its entry is written within it."""
    return [_wrapped(pattern) for pattern in patterns]


def _wrapped(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    if isinstance(pattern, URLResolver):
        inner = in_transactions(pattern.url_patterns)
        return URLResolver(pattern.pattern, inner, pattern.default_kwargs, pattern.app_name, pattern.namespace)
    return URLPattern(pattern.pattern, _atomic(pattern.callback), pattern.default_args, pattern.name)


def _atomic(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # A page that is only looked at must not wait for those that write.
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            response = view(request, *args, **kwargs)
            _tell_of_changes()
        return response

    return call


def _tell_of_changes() -> None:
    """Run now what django-allauth would do after the commit: there it tells of a change, whose entry belongs to the change."""
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for _, tell, *_ in waiting:
        tell()
