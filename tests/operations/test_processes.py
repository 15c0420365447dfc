"""Two servers on one database, with one and with two processes each: what one does, the others know at once."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import httpx
import pytest

from tests.running import ROOT, Portal, own_database, running_portals

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
WHOAMI = "/solaruser/api/v1/sec/whoami"
PASSWORD = "unusable for a test"
CHANGES = 12


@pytest.fixture(scope="module", params=["1", "2"], ids=["two processes", "four processes"])
def servers(request, tmp_path_factory):
    """Two servers, and the account's tokens."""
    folder = tmp_path_factory.mktemp("portals")
    with own_database(folder) as url:
        values = {"DATABASE_URL": url, "WEB_CONCURRENCY": request.param, "PORTAL_RATE_CHANGES": str(CHANGES)}
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
        subprocess.run(collect, check=True, cwd=ROOT, env={"PORTAL_VAR": str(folder), "PATH": ""})
        with running_portals(folder, 2, **values) as portals:
            yield portals


class Browser:
    """One browser at two servers: its cookies are those of both."""

    def __init__(self, portals: list[Portal]) -> None:
        self._client = httpx.Client(timeout=20)
        self._portals = portals
        self.post(0, "/accounts/login/", login="alice@example.org", password=PASSWORD)

    def close(self) -> None:
        self._client.close()

    def get(self, server: int, path: str) -> httpx.Response:
        return self._client.get(self._portals[server].url + path)

    def post(self, server: int, path: str, **fields: str) -> httpx.Response:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(server, path).text)
        return self._client.post(self._portals[server].url + path, data={**fields, "csrfmiddlewaretoken": found[1]})


@pytest.fixture(scope="module")
def owner(servers):
    owner = Browser(servers)
    yield owner
    owner.close()


def shown(page: httpx.Response) -> dict[str, str]:
    """Return the token of a one-time page, to sign with."""
    secret = re.search(r"snts_[A-Za-z0-9]{38}", page.text)[0]
    return {"id": re.search(r"/tokens/([A-Za-z0-9]{20})/", str(page.url))[1], "secret": secret}


def test_a_token_made_at_one_is_shown_once_at_either(servers, owner):
    page = owner.post(0, "/tokens/new/user/", name="New")
    path = page.headers["Location"]
    with ThreadPoolExecutor(6) as pool:
        pages = list(pool.map(lambda server: owner.get(server, path), islice(cycle((0, 1)), 6)))
    assert sorted(page.status_code for page in pages) == [200] + [410] * 5
    new = shown(next(page for page in pages if page.status_code == 200))
    assert [portal.send("GET", WHOAMI, token=new).status for portal in servers] == [200, 200]


def test_what_one_rotates_the_other_refuses_at_once(servers, owner):
    old = shown(owner.get(1, owner.post(0, "/tokens/new/user/", name="Old").headers["Location"]))
    assert servers[1].send("GET", WHOAMI, token=old).status == 200
    rotated = owner.post(0, f"/tokens/{old['id']}/rotate/", grace="none")
    assert servers[1].send("GET", WHOAMI, token=old).status == 401
    new = shown(owner.get(1, rotated.headers["Location"]))
    assert [portal.send("GET", WHOAMI, token=new).status for portal in servers] == [200, 200]


def test_disabling_holds_from_the_next_request_everywhere(servers, owner):
    token = servers[0].tokens["refreshing"]
    for status, expected in (("Disabled", 403), ("Active", 200)) * 3:
        owner._client.post(
            f"{servers[0].url}/tokens/{token['id']}/status/",
            data={"status": status, "csrfmiddlewaretoken": owner._client.cookies["csrftoken"]},
        )
        # Each process of the other server is asked.
        assert {servers[1].send("GET", WHOAMI, token=token).status for _ in range(6)} == {expected}


def test_a_limit_counts_all_of_them(servers):
    if time.time() % 60 > 45:
        # A window of the limit is a whole minute.
        time.sleep(60 - time.time() % 60)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda portal: portal.send("POST", f"{TOKENS}/generate/User").status, islice(cycle(servers), 40)))
    assert (made.count(200), made.count(429)) == (CHANGES, 40 - CHANGES)


def test_uses_are_counted_whoever_answers(servers, owner):
    token = shown(owner.get(0, owner.post(0, "/tokens/new/user/", name="Counted").headers["Location"]))
    for portal in islice(cycle(servers), 30):
        assert portal.send("GET", WHOAMI, token=token).status == 200
    # Processes write their counts now and then, and when they end: a reload ends them.
    for portal in servers:
        os.kill(portal.pid, signal.SIGHUP)
    for _ in range(80):
        page = owner.get(1, f"/tokens/{token['id']}/").text
        if "30 requests allowed" in page:
            return
        time.sleep(0.25)
    pytest.fail("30 requests are not counted")
