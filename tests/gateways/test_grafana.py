"""The signing proxy of docs/gateways/grafana: a program that cannot sign reads through a gateway with a Data token."""

import http.client
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.gateways.proxies import EXAMPLES, Gateway, gateway_of
from tests.running import ROOT, Reply, free_port, running

pytestmark = pytest.mark.slow
FOLDER = EXAMPLES / "grafana"
LIST = "/solarquery/api/v1/sec/datum/list"


@dataclass(frozen=True)
class SigningProxy:
    """The running proxy."""

    port: int
    gateway: Gateway
    log: Path

    def ask(self, path: str, *, method: str = "GET", host: str | None = None, **headers: str) -> Reply:
        """Send what Grafana sends: nothing that is signed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {"Host": host or f"127.0.0.1:{self.port}", "Accept": "application/json", **headers}
        connection.request(method, path, headers=sent)
        response = connection.getresponse()
        reply = Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, response.read())
        connection.close()
        return reply


@pytest.fixture(scope="module")
def proxy(portal, upstream, tmp_path_factory) -> Iterator[SigningProxy]:
    folder, port = tmp_path_factory.mktemp("grafana"), free_port()
    (folder / "secret").write_text(portal.tokens["data"]["secret"] + "\n")
    with gateway_of("nginx", portal, upstream, folder) as gateway:
        environment = {
            "SN_GATEWAY": gateway.url,
            "SN_TOKEN_ID": portal.tokens["data"]["id"],
            "SN_SECRET_FILE": str(folder / "secret"),
            "SN_LISTEN": f"127.0.0.1:{port}",
        }
        command = [sys.executable, "-u", str(FOLDER / "signing_proxy.py")]
        with running(command, port, folder / "proxy.log", cwd=ROOT, env=environment):
            yield SigningProxy(port, gateway, folder / "proxy.log")


class TestReading:
    def test_passes_within_the_token_s_policy(self, proxy):
        response = proxy.ask(f"{LIST}?nodeId=101&aggregation=Day")
        assert response.status == 200, response
        headers = json.loads(response.body)["headers"]
        assert headers["x-sn-token-id"] == proxy.gateway.portal.tokens["data"]["id"]
        assert (headers["x-sn-node-ids"], headers["x-sn-aggregation"]) == ("101", "Day")

    @pytest.mark.parametrize(
        "query",
        [
            "z=1&sourceId=%2Fgr%C3%B6%C3%9Fe%2F1&nodeId=101",
            f"startDate={quote('2026-11-24 00:00')}&nodeId=101",
            "startDate=2026-11-24+00%3A00&nodeId=101",
            "empty=&flag&nodeId=101&nodeId=101",
            "a=%25&b=a%2Bb&c=x~y!*'()&nodeId=101",
            "",
        ],
    )
    def test_works_however_the_query_is_spelled(self, proxy, query):
        assert proxy.ask(f"{LIST}?{query}" if query else LIST).status == 200

    def test_of_something_else_shows_the_reason(self, proxy):
        response = proxy.ask(f"{LIST}?nodeId=102")
        problem = json.loads(response.body)
        assert (response.status, problem["rule"], problem["value"]) == (403, "nodeIds", "102")
        assert response.headers["x-sn-errormessage"] == problem["message"]

    def test_passes_no_header_of_the_program_on(self, proxy):
        sent = {"Cookie": "grafana_session=x", "X-SN-Node-Ids": "102", "X-Grafana-User": "admin"}
        headers = json.loads(proxy.ask(LIST, **sent).body)["headers"]
        assert not {"cookie", "x-grafana-user"} & set(headers)
        assert headers["x-sn-node-ids"] == "101"


class TestRefusing:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_a_method_that_changes_something(self, proxy, method):
        assert proxy.ask(LIST, method=method).status == 501

    @pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1"])
    def test_a_request_by_another_name(self, proxy, host):
        assert proxy.ask(LIST, host=host).status == 403

    @pytest.mark.parametrize("path", ["http://elsewhere.example/x", "*", "x"])
    def test_a_request_to_another_server(self, proxy, path):
        assert proxy.ask(path).status == 400


def test_the_log_holds_no_secret(proxy):
    proxy.ask(LIST)
    assert LIST in proxy.log.read_text()
    assert proxy.gateway.portal.tokens["data"]["secret"] not in proxy.log.read_text()


def test_the_data_source_calls_the_proxy_where_it_listens():
    (source,) = yaml.safe_load((FOLDER / "datasource.yml").read_text())["datasources"]
    assert source["jsonData"]["allowedHosts"] == [source["url"]]
    assert f'"SN_LISTEN", "{source["url"].removeprefix("http://")}"' in (FOLDER / "signing_proxy.py").read_text()
