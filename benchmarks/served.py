"""What the servers of `benchmarks.servers` serve: the portal as in production, and the plain view with no middleware."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

from solarnet_portal.urls import urlpatterns as portal_urlpatterns
from tokens.models import SecurityToken


def plain(request: HttpRequest, key: int) -> HttpResponse:
    """Do one indexed SELECT by primary key, through the ORM."""
    return HttpResponse(SecurityToken.objects.get(pk=key).token_id)


urlpatterns = [path("plain/<int:key>", plain), *portal_urlpatterns]
settings.ROOT_URLCONF = __name__
_portal = WSGIHandler()
_served = settings.MIDDLEWARE
settings.MIDDLEWARE = []
_bare = WSGIHandler()
settings.MIDDLEWARE = _served


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve the plain view without middleware, and all else as in production."""
    return (_bare if environ["PATH_INFO"].startswith("/plain/") else _portal)(environ, start_response)
