"""The WSGI entry point that gunicorn serves."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from django.urls import URLResolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solarnet_portal.settings")


def _load() -> None:
    """Import all views, compile all routes and templates, and draw a list: Django would leave it to the first requests.

    Gunicorn does this once, before it forks: a new worker answers its first request as fast as any.
    """
    from django.template import Engine
    from django.template.loader import get_template
    from django.urls import get_resolver, reverse

    from solarnet_portal import paths
    from solarnet_portal.operations.dictionary import page_dictionary

    _compile_routes(get_resolver())
    # The first address that is made of a name collects all names.
    reverse("home")
    _ = Engine.get_default().template_context_processors
    templates = paths.FILES / "templates"
    for file in sorted(templates.rglob("*.html")):
        get_template(str(file.relative_to(templates)))
    # Without `collectstatic` no page can be drawn, and programs are served all the same.
    with suppress(ValueError):
        page_dictionary()


def _compile_routes(resolver: "URLResolver") -> None:
    from django.urls import URLPattern

    # Both properties are made when somebody first asks for them; the first one imports the modules of the routes.
    for route in resolver.url_patterns:
        _ = route.pattern.regex
        if not isinstance(route, URLPattern):
            _compile_routes(route)


def _check_keys() -> None:
    """Refuse to start with keys that open nothing of what is stored: every signed request would get a 401.

    Raises:
        ImproperlyConfigured: says what is wrong.
    """
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, connection

    from tokens.services.keys import find_key_problem

    if not settings.IS_PRODUCTION:
        return
    try:
        problem = find_key_problem()
    except DatabaseError:
        # `/readyz` says so, and may be right again before the first request.
        return
    finally:
        # No worker may share it, nor a pool's threads, which do not come along.
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    if problem:
        raise ImproperlyConfigured(problem)


application = get_wsgi_application()
_load()
_check_keys()
