"""A portal that can be killed and started again on the same database."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.running import _SEED, ROOT, Reply, free_port, send
from tokens.domain.secrets.vault import make_key

# What a database holds, for whoever asks from outside.
_LOOK = """
import json
from django.db import connection
from tokens.models import AuditEvent, SecurityToken, TokenSecret
entries = {}
for action, token_id in AuditEvent.objects.values_list("action", "token_id"):
    entries.setdefault(action, []).append(token_id)
intact = "ok"
if connection.vendor == "sqlite":
    with connection.cursor() as cursor:
        intact = cursor.execute("PRAGMA integrity_check").fetchone()[0]
print(json.dumps({
    "tokens": dict(SecurityToken.objects.values_list("token_id", "status")),
    "current": sorted(TokenSecret.objects.filter(ends_at=None).values_list("token__token_id", flat=True)),
    "entries": entries,
    "intact": intact,
}))
"""


class Server:
    """Gunicorn with two processes, and the database and keys that it is started with each time."""

    def __init__(self, folder: Path, database: str, *, prefix: tuple[str, ...] = (), **values: str) -> None:
        """Make the database with alice's tokens (`tests.running`); `prefix` goes before each command."""
        self.port = free_port()
        self._folder, self._prefix = folder, prefix
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PORTAL_SECRET_KEY": secrets.token_urlsafe(64),
            "PORTAL_TOKEN_KEYS": make_key(),
            "DATABASE_URL": database,
            "PORTAL_VAR": str(folder),
            "PORTAL_ALLOWED_HOSTS": "127.0.0.1",
            "PORTAL_RATE_CHANGES": "1000000",
            "PORTAL_RATE_REFUSED": "1000000",
            **values,
        }
        self.manage("migrate", "-v0")
        self.tokens: dict[str, Any] = json.loads(self.manage("shell", "-v0", "-c", _SEED))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str) -> str:
        command = [*self._prefix, sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def look(self) -> dict[str, Any]:
        """Return what is in the database."""
        found: dict[str, Any] = json.loads(self.manage("shell", "-v0", "-c", _LOOK))
        return found

    def start(self) -> None:
        options = ["--config", "solarnet_portal/gunicorn.py", "--bind", f"127.0.0.1:{self.port}"]
        command = [*self._prefix, sys.executable, "-m", "gunicorn", *options, "solarnet_portal.wsgi:application"]
        with (self._folder / "gunicorn.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT, env=self.environment, start_new_session=True
            )
        if not self._wait_until(is_open=True):
            raise AssertionError((self._folder / "gunicorn.log").read_text()[-3000:])

    def kill(self) -> None:
        """Kill the server with all its processes, which nothing of it can notice."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, how)
            self._process.wait(30)
            self._process = None
            # Those that it had forked may hold the port for a moment longer.
            assert self._wait_until(is_open=False)

    def _wait_until(self, *, is_open: bool) -> bool:
        """Wait until the port takes connections, or refuses them; return whether it does."""
        for _ in range(200):
            with socket.socket() as probe:
                if (probe.connect_ex(("127.0.0.1", self.port)) == 0) is is_open:
                    return True
            time.sleep(0.05)
        return False

    def ask(self, method: str, path: str, body: bytes = b"", *, token: str | dict[str, Any] = "boss") -> Reply | None:
        """Send a signed request; `None` if there was no answer, or only a part of one."""
        signer = self.tokens[token] if isinstance(token, str) else token
        try:
            return send(self.url, method, path, body, token=signer)
        except (URLError, OSError, ValueError, EOFError):
            return None
        except Exception as error:
            # http.client has errors of its own for answers that end too early.
            if type(error).__module__ == "http.client":
                return None
            raise
