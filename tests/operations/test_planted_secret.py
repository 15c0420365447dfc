"""A private password is used, mistyped and sent to every wrong place, and afterwards it is in nothing that was written."""

import re
import subprocess
import sys
from contextlib import closing

import httpx
import pytest

from tests.running import ROOT, running_portal, send
from tokens.domain.secrets.credentials import make_secret

pytestmark = pytest.mark.slow
WHOAMI = "/solaruser/api/v1/sec/whoami"
PASSWORD = "unusable for a test"


class Person:
    """Somebody with a browser, who puts it everywhere."""

    def __init__(self, url: str, *, login: str = "alice@example.org", password: str = PASSWORD, client: str = "x") -> None:
        self.client = httpx.Client(base_url=url, timeout=20, follow_redirects=True, headers={"User-Agent": client})
        self.post("/accounts/login/", login=login, password=password)

    def close(self) -> None:
        self.client.close()

    def post(self, path: str, **fields: str) -> httpx.Response:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.client.get(path).text)
        data = {**fields, "csrfmiddlewaretoken": found[1] if found else ""}
        return self.client.post(path, data=data)


@pytest.mark.parametrize("form", ["line", "json"])
def test_it_is_nowhere(tmp_path, form):
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
    subprocess.run(collect, check=True, cwd=ROOT, env={"PORTAL_VAR": str(tmp_path), "PATH": ""})
    values = {"PORTAL_LOG_FORMAT": form, "PORTAL_LOG_LEVEL": "DEBUG", "PORTAL_ACCESS_LOG": "yes"}
    planted = make_secret()
    with running_portal(tmp_path, PORTAL_METRICS_READERS="127.0.0.1", **values) as portal:
        person = Person(portal.url)
        shown = person.post("/tokens/new/user/", name="New")
        real = re.search(r"snts_[A-Za-z0-9]{38}", shown.text)[0]
        identifier = re.search(r"/tokens/([A-Za-z0-9]{20})/", str(shown.url))[1]
        token = {"id": identifier, "secret": real}
        assert portal.send("GET", WHOAMI, token=token).status == 200
        for secret in (planted, real):
            send_everywhere(portal, person, secret, identifier)
        metrics = person.client.get("/metrics").text
        person.close()
    written = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "static" not in path.parts}
    written["metrics"] = metrics.encode()
    assert {"portal.sqlite3", "gunicorn.log"} <= written.keys()
    for secret in (planted, real):
        # The half of it that no other has is as telling as all of it.
        piece = secret[5:25].encode()
        assert [name for name, text in written.items() if piece in text] == []


def send_everywhere(portal, person: Person, secret: str, identifier: str) -> None:
    client = person.client
    for path in ("/tokens/", "/activity/", "/nothing/", "/solaruser/api/v1/sec/whoami", "/authorize", "/accounts/login/"):
        client.get(
            path, params={"q": secret, "token": secret, "next": secret, "who": secret}, headers={"Referer": f"https://x/{secret}"}
        )
        client.get(f"{path}{secret}")
        client.get(path, headers={"Authorization": f"SNWS2 Credential={identifier},Signature={secret}", "User-Agent": secret})
        client.get(path, headers={"Host": f"{secret}.example.org", "X-Request-ID": secret, "X-Forwarded-For": secret})
        client.post(
            path, content=f'{{"policy": "{secret}"}}', headers={"Content-Type": "application/json", "Cookie": f"a={secret}"}
        )
    portal.send("GET", f"/solarquery/api/v1/sec/datum/list?nodeId=101&sourceId={secret}", token="data")
    portal.send("GET", f"/solarquery/api/v1/sec/datum/list?{secret}=1", token="data")
    portal.send("POST", f"/solaruser/api/v1/sec/user/auth-tokens/info?tokenId={identifier}", f'{{"name": "{secret}"}}'.encode())
    portal.send("POST", "/solaruser/api/v1/sec/user/auth-tokens/generate/User", f'{{"sourceIds": ["{secret}"]}}'.encode())
    person.post("/tokens/new/user/", name=secret, description=f"It is {secret}", api_paths=f"/{secret}")
    person.post("/tokens/new/data/", name="x", source_ids=secret, node_metadata_paths=f"/m/{secret}")
    person.post(f"/tokens/{identifier}/edit/", name=secret, description=secret)
    person.post("/tokens/find/", secret=secret, password=secret)
    person.post(
        f"/tokens/{identifier}/debug/", request=f"curl -H 'Authorization: {secret}' {portal.url}/?{secret}", secret=secret
    )
    person.post("/report/", text=f"Found {secret}", secret=secret, place=f"https://x/{secret}", where=secret, found=secret)
    person.post("/accounts/password/change/", oldpassword=secret, password1="x", password2="y")
    person.post("/accounts/notices/", choice=secret)
    person.post("/accounts/service/", service_url=f"https://{secret}/")
    for login in (f"{secret}@x.org", "alice@example.org"):
        with closing(Person(portal.url, login=login, password=secret, client=secret)):
            pass
    with closing(Person(portal.url, client=secret)) as signed_in:
        signed_in.client.get("/tokens/")
    send(portal.url, "GET", WHOAMI, token=portal.tokens["boss"], unsigned={"User-Agent": secret})
    send(portal.url, "GET", f"/solaruser/{secret}", token=portal.tokens["data"], unsigned={"User-Agent": secret})
