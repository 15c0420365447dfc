"""The portal as it runs in production: gunicorn, two worker processes, a database of its own on disk."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from tokens.domain.secrets.vault import make_key
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers

ROOT = Path(__file__).resolve().parent.parent
_SEED = """
import json
from datetime import timedelta
from django.utils import timezone
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import Node
from accounts.models import User
from tokens.services.audit import Actor
from tokens.services.lifecycle.issuing import Draft, issue_token
now = timezone.now()
owner = User.objects.create_user("alice@example.org", "unusable for a test")
for node in (101, 102):
    Node.objects.create(owner=owner, node_id=node)
def issue(kind, policy=Policy(), at=now):
    made = issue_token(owner=owner, token_type=kind, draft=Draft(policy=policy), actor=Actor("test"), now=at)
    return {"id": made.token.token_id, "secret": made.value, "owner": owner.pk}
ended = Policy(not_after=int((now - timedelta(minutes=1)).timestamp() * 1000))
print(json.dumps({
    "boss": issue(TokenType.USER),
    "expired": issue(TokenType.DATA, ended, now - timedelta(days=1)),
    "refreshing": issue(TokenType.USER, Policy(refresh_allowed=True)),
    "data": issue(TokenType.DATA, Policy(node_ids=(101,), source_ids=("/größe/*", "/a%b"), min_aggregation="Hour",
        node_metadata_paths=("/m/x",), user_metadata_paths=("/pm/**",))),
}))
"""


@dataclass(frozen=True)
class Reply:
    """A response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)["data"]


@dataclass(frozen=True)
class Portal:
    """A running portal, with alice's tokens: `boss` (User), `refreshing` (User), `data` and `expired` (Data)."""

    port: int
    tokens: dict[str, dict[str, Any]]
    pid: int
    nodes: tuple[int, ...] = (101, 102)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, method: str, path: str, body: bytes = b"", *, token: str | dict[str, Any] = "boss") -> Reply:
        return send(self.url, method, path, body, token=self.tokens[token] if isinstance(token, str) else token)


def send(
    base: str,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    token: dict[str, Any],
    unsigned: dict[str, str] | None = None,
    signed: dict[str, str] | None = None,
    instead: dict[str, Any] | None = None,
) -> Reply:
    """Sign a request and send it; `instead` replaces `path`, `method` or `body` after signing (tampering)."""
    host = base.removeprefix("http://")
    raw_path, _, query = path.partition("?")
    headers = {"host": host, **({"content-type": "application/json"} if body else {}), **(signed or {})}
    request = SignedRequest(method, raw_path, query, tuple(headers.items()), body)
    headers |= dict(signature_headers(request, token_id=token["id"], now=timezone.now(), secret=token["secret"]))
    sent = {"method": method, "path": path, "body": body, **(instead or {})}
    outgoing = Request(base + sent["path"], sent["body"] or None, {**headers, **(unsigned or {})}, method=sent["method"])
    try:
        with urlopen(outgoing, timeout=10) as response:
            return Reply(response.status, lowered(response.headers), response.read())
    except HTTPError as error:
        with error:
            return Reply(error.code, lowered(error.headers), error.read())


def lowered(headers: Message) -> dict[str, str]:
    """Return the headers by lower-case name: proxies spell them differently. One that was sent twice has both values."""
    return {name.lower(): ", ".join(headers.get_all(name, [])) for name in headers}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path, *, seconds: int = 10, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it listens on `port` when the block begins, which may take so many seconds."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, **options) as process:
        try:
            for _ in range(20 * seconds):
                if process.poll() is not None:
                    break
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            else:
                raise AssertionError(f"{command[0]} does not listen: {log.read_text()}")
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A running portal that trusts proxies on this machine."""
    with running_portal(tmp_path_factory.mktemp("portal")) as started:
        yield started


@contextmanager
def running_portal(folder: Path, **values: str) -> Iterator[Portal]:
    """Run a portal with a database of its own until the block ends; `values` are more environment variables."""
    with running_portals(folder, 1, **values) as (portal,):
        yield portal


@contextmanager
def running_portals(folder: Path, servers: int, **values: str) -> Iterator[list[Portal]]:
    """Run so many servers on one database until the block ends, as several machines would."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(64),
        "PORTAL_TOKEN_KEYS": make_key(),
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
        "PORTAL_VAR": str(folder),
        "PORTAL_TRUSTED_PROXIES": "127.0.0.1",
        "PORTAL_ALLOWED_HOSTS": "portal.example.org,127.0.0.1",
        **values,
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], check=True, cwd=ROOT, env=environment)
    seeded = subprocess.run([*manage, "shell", "-v0", "-c", _SEED], check=True, cwd=ROOT, env=environment, capture_output=True)
    with ExitStack() as stack:
        portals = []
        for number in range(servers):
            port = free_port()
            options = ["--config", "solarnet_portal/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
            gunicorn = [sys.executable, "-m", "gunicorn", *options, "solarnet_portal.wsgi:application"]
            log = folder / ("gunicorn.log" if servers == 1 else f"gunicorn-{number}.log")
            process = stack.enter_context(running(gunicorn, port, log, cwd=ROOT, env=environment))
            portals.append(Portal(port, json.loads(seeded.stdout), process.pid))
        yield portals


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """Make an empty database of the kind that the tests run on, for processes of their own; yields its `DATABASE_URL`."""
    default = settings.DATABASES["default"]
    if not default["ENGINE"].endswith("postgresql"):
        yield f"sqlite:///{folder / 'portal.sqlite3'}"
        return
    place = {"host": default["HOST"], "port": default["PORT"], "user": default["USER"], "password": default["PASSWORD"]}
    name = f"portal_{secrets.token_hex(6)}"
    options = {key: value for key, value in place.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **options) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            sign_in = f"{place['user']}:{quote(place['password'], safe='')}".rstrip(":")
            port = f":{place['port']}" if place["port"] else ""
            yield f"postgres://{sign_in}@{quote(place['host'], safe='')}{port}/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
