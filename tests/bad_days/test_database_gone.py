"""A database that goes and comes back: refused while it is gone, answered as soon as it is there, and nothing is lost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings

from tests.bad_days.servers import Server
from tests.running import own_database

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
WHOAMI = "/solaruser/api/v1/sec/whoami"


@contextmanager
def gone(url: str) -> Iterator[None]:
    """Let nobody connect to a PostgreSQL database, and cut off who has, until the block ends."""
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    place = {"host": unquote(parts.hostname or ""), "port": parts.port, "user": parts.username, "password": parts.password}
    with psycopg.connect(dbname="postgres", autocommit=True, **{key: value for key, value in place.items() if value}) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def probe(server: Server, path: str) -> int:
    try:
        with urlopen(server.url + path, timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code


def test_postgresql_goes_for_a_while(tmp_path):
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        pytest.skip("PostgreSQL's")
    with own_database(tmp_path) as url:
        server = Server(tmp_path, url)
        server.start()
        try:
            kept = [server.ask("POST", f"{TOKENS}/generate/User") for _ in range(8)]
            with gone(url):
                refused = [server.ask("POST", f"{TOKENS}/generate/User") for _ in range(4)]
                refused += [server.ask("GET", WHOAMI) for _ in range(4)]
                assert {reply.status for reply in refused} == {503}
                assert all("retry-after" in reply.headers for reply in refused)
                assert (probe(server, "/healthz"), probe(server, "/readyz")) == (200, 503)
                time.sleep(5)
            statuses = []
            for _ in range(40):
                statuses.append(server.ask("GET", WHOAMI).status)
                if statuses[-8:] == [200] * 8:
                    break
            assert statuses[-8:] == [200] * 8
            # Each process was asked, and none needed to be started again.
            time.sleep(1.1)
            assert probe(server, "/readyz") == 200
            found = server.look()
        finally:
            server.kill()
    assert {reply.data["id"] for reply in kept} <= found["tokens"].keys()
    assert sorted(found["entries"]["token.created"]) == sorted(found["tokens"]) == found["current"]
