"""The portal's settings for benchmarks: fresh keys, rivals installed, a database for each benchmark (`BENCH_NAME`)."""

import os
import secrets
from pathlib import Path

from tokens.domain.secrets.vault import make_key

os.environ.setdefault("PORTAL_SECRET_KEY", secrets.token_urlsafe(64))
os.environ.setdefault("PORTAL_TOKEN_KEYS", make_key())
# The gateway answers nobody else; where production's middleware runs, the benchmark calls from here.
os.environ.setdefault("PORTAL_TRUSTED_PROXIES", "127.0.0.1")
_folder = Path(os.environ.setdefault("BENCH_DIR", str(Path(__file__).resolve().parent.parent / "var" / "bench")))
_folder.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_folder / os.environ['BENCH_NAME']}.sqlite3")

from solarnet_portal.settings import *  # noqa: F403
from solarnet_portal.settings import INSTALLED_APPS as PORTAL_APPS

INSTALLED_APPS = [*PORTAL_APPS, "rest_framework", "rest_framework.authtoken", "rest_framework_api_key", "knox"]
ALLOWED_HOSTS = ["*"]
REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
