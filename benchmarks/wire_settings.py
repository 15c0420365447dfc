"""The portal's settings with the files as production serves them: hashed and compressed."""

import os
import secrets
from pathlib import Path

from tokens.domain.secrets.vault import make_key

os.environ.setdefault("PORTAL_SECRET_KEY", secrets.token_urlsafe(64))
os.environ.setdefault("PORTAL_TOKEN_KEYS", make_key())
os.environ["DATABASE_URL"] = f"sqlite:///{Path(os.environ['BENCH_DIR']) / 'wire.sqlite3'}"

from solarnet_portal.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BENCH_DIR"]) / "static"
ALLOWED_HOSTS = ["*"]
