"""The portal's settings for tests: fresh keys, quick passwords, files served without hashes."""

import os
import secrets
import tempfile
from pathlib import Path

from tokens.domain.secrets.vault import make_key

os.environ.setdefault("PORTAL_SECRET_KEY", secrets.token_urlsafe(64))
os.environ.setdefault("PORTAL_TOKEN_KEYS", make_key())

from solarnet_portal.settings import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Tests see at once what was written.
USE_LOG_THREAD = False
# `make setup` has not collected any files here: whitenoise finds each in its source folder.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production: in memory all connections are one, and what two of them do at the same time cannot be tested.
    DATABASES["default"]["TEST"] = {"NAME": Path(tempfile.gettempdir()) / f"solarnet-portal-test-{os.getpid()}.sqlite3"}  # noqa: F405
    # No test cuts the power, so none waits for the disk; test_durability uses the product's own settings.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405
