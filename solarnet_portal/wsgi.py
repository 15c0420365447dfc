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


application = get_wsgi_application()
_load()
