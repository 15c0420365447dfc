"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solarnet_portal.settings")


def _load() -> None:
    """Import all views and compile all templates, which Django would leave to the first requests of each process.

    Gunicorn does this once, before it forks: a new worker answers its first request as fast as any.
    """
    from django.template.loader import get_template
    from django.urls import get_resolver

    from solarnet_portal import paths

    # The property imports the modules of all routes.
    _ = get_resolver().url_patterns
    templates = paths.FILES / "templates"
    for file in sorted(templates.rglob("*.html")):
        get_template(str(file.relative_to(templates)))


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
