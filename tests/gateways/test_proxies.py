"""The examples of docs/gateways, run for real: each proxy asks a running portal, in front of a small service."""

import json
import re
import subprocess
from urllib.parse import unquote
from urllib.request import urlopen

import pytest
import yaml

from tests.gateways.proxies import EXAMPLES, Places, nginx, skip_if_missing
from tests.running import ROOT, free_port

pytestmark = pytest.mark.slow
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
LIST = "/solarquery/api/v1/sec/datum/list"
PASSED_ON = {
    "X-SN-Token-Id",
    "X-SN-Token-Type",
    "X-SN-User-Id",
    "X-SN-Node-Ids",
    "X-SN-Source-Ids",
    "X-SN-Min-Aggregation",
    "X-SN-Aggregation",
    "X-SN-Node-Metadata-Paths",
    "X-SN-User-Metadata-Paths",
    "X-SN-Content-SHA256",
    "X-SN-Token-Expires",
}


def echoed(response):
    assert response.status == 200, response
    return json.loads(response.body)


def problem_of(response, status):
    assert response.status == status, response
    document = json.loads(response.body)
    assert document["success"] is False
    return document


def test_an_allowed_request_passes_with_its_restrictions_as_headers(gateway):
    echo = echoed(gateway.send("GET", f"{LIST}?nodeId=101&sourceId=%2Fa%25b"))
    headers = echo["headers"]
    assert echo["path"] == f"{LIST}?nodeId=101&sourceId=%2Fa%25b"
    assert headers["x-sn-token-id"] == gateway.portal.tokens["data"]["id"]
    assert headers["x-sn-token-type"] == "ReadNodeData"
    assert headers["x-sn-user-id"] == str(gateway.portal.tokens["data"]["owner"])
    assert headers["x-sn-node-ids"] == "101"
    assert unquote(headers["x-sn-source-ids"]) == "/a%b"
    assert headers["x-sn-min-aggregation"] == headers["x-sn-aggregation"] == "Hour"
    assert headers["x-sn-node-metadata-paths"] == "/m/x"
    assert headers["x-sn-user-metadata-paths"] == "/pm/**"


def test_lists_are_split_first_and_decoded_then(gateway):
    headers = echoed(gateway.send("GET", LIST))["headers"]
    assert [unquote(entry) for entry in headers["x-sn-source-ids"].split(",")] == ["/größe/*", "/a%b"]


def test_a_denied_request_gets_the_reason(gateway):
    problem = problem_of(gateway.send("GET", f"{LIST}?nodeId=102"), 403)
    assert (problem["rule"], problem["value"]) == ("nodeIds", "102")
    assert problem_of(gateway.send("POST", LIST, b"{}"), 403)["rule"] == "type"


@pytest.mark.parametrize(
    "instead",
    [{"path": f"{LIST}?nodeId=102"}, {"path": f"{LIST}/x"}, {"method": "DELETE"}, {"path": f"{LIST}?nodeId=101&nodeId=101"}],
)
def test_a_tampered_request_is_refused(gateway, instead):
    response = gateway.send("GET", f"{LIST}?nodeId=101", instead=instead)
    assert problem_of(response, 401)["code"] == "UNAUTHENTICATED"
    assert response.headers["www-authenticate"] == "SNWS2"


def test_an_expired_token_is_refused(gateway):
    response = gateway.send("GET", LIST, token="expired")
    assert problem_of(response, 403)["code"] == "TOKEN_EXPIRED"


def test_a_token_disabled_a_moment_ago_is_refused_by_every_process(gateway):
    made = gateway.portal.send("POST", f"{TOKENS}/generate/ReadNodeData").data
    token = {"id": made["id"], "secret": made["authSecret"]}
    assert {gateway.send("GET", LIST, token=token).status for _ in range(4)} == {200}
    assert gateway.portal.send("POST", f"{TOKENS}/{made['id']}?status=Disabled").status == 200
    responses = [gateway.send("GET", LIST, token=token) for _ in range(6)]
    assert {problem_of(response, 403)["code"] for response in responses} == {"TOKEN_DISABLED"}


@pytest.mark.parametrize("name", sorted(PASSED_ON))
def test_a_client_that_sets_those_headers_itself_gets_nowhere(gateway, name):
    for how in ("unsigned", "signed"):
        response = gateway.send("GET", LIST, token="boss", **{how: {name: "forged"}})
        if response.status == 200:
            assert "forged" not in json.loads(response.body)["headers"].values()
        else:
            problem_of(response, 401)


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Forwarded-Uri": f"{LIST}?nodeId=101"},
        {"X-Original-URI": f"{LIST}?nodeId=101"},
        {"X-Forwarded-Method": "GET", "X-Original-Method": "GET"},
        {"X-Forwarded-Host": "elsewhere", "X-Original-Host": "elsewhere"},
        {"X-Forwarded-For": "192.0.2.1"},
    ],
)
def test_a_client_cannot_forge_the_original_request(gateway, forged):
    response = gateway.send("GET", f"{LIST}?nodeId=102", unsigned=forged)
    assert problem_of(response, 403)["rule"] == "nodeIds"


def test_a_body_passes_with_its_signed_digest_alone(gateway):
    echo = echoed(gateway.send("POST", "/api/v1/sec/x", b'{"a":1}', token="boss"))
    assert (echo["body"], len(echo["headers"]["x-sn-content-sha256"])) == ('{"a":1}', 64)
    unsigned = gateway.send(
        "POST", "/api/v1/sec/x", token="boss", instead={"body": b"added"}, unsigned={"X-Original-Content-Length": "0"}
    )
    problem_of(unsigned, 401)


def test_a_body_that_nobody_signed_never_comes_with_a_digest(gateway):
    response = gateway.send(
        "DELETE", "/api/v1/sec/x", token="boss", signed={"content-type": "text/plain"}, instead={"body": b"added"}
    )
    if gateway.tells_length:
        problem_of(response, 401)
    else:
        assert "x-sn-content-sha256" not in echoed(response)["headers"]


def test_a_post_that_says_it_has_no_body_passes_where_the_proxy_says_so(gateway):
    response = gateway.send("POST", "/api/v1/sec/x?a=1", token="boss", unsigned={"Content-Length": "0"})
    if gateway.tells_length:
        granted = {name for name in echoed(response)["headers"] if name.startswith("x-sn-") and name != "x-sn-date"}
        assert granted == {"x-sn-token-id", "x-sn-token-type", "x-sn-user-id"}
    else:
        problem_of(response, 401)


def test_the_path_arrives_as_it_was_judged(gateway):
    path = "/solarquery/api/v1/sec/datum/a%20b/%C3%BC"
    assert echoed(gateway.send("GET", path, token="boss"))["path"] == path


def test_the_portal_trusts_no_stranger(portal):
    with pytest.raises(OSError, match="403"), urlopen(f"{portal.url}/authorize", timeout=5):
        pass


def test_the_examples_name_every_header_that_the_portal_returns():
    nginx = (EXAMPLES / "nginx.conf").read_text()
    assert set(re.findall(r"proxy_set_header (X-SN-\S+)", nginx)) == PASSED_ON
    caddy = (EXAMPLES / "Caddyfile").read_text()
    assert set(re.findall(r"request_header -(X-SN-\S+)", caddy)) == PASSED_ON
    assert set(re.search(r"copy_headers (.+)", caddy).group(1).split()) == PASSED_ON
    traefik = yaml.safe_load((EXAMPLES / "traefik.yml").read_text())["http"]
    authorize = traefik["middlewares"]["sn-authorize"]["forwardAuth"]
    assert set(authorize["authResponseHeaders"]) == PASSED_ON
    assert authorize["trustForwardHeader"] is False
    assert traefik["routers"]["protected"]["middlewares"] == ["sn-cors", "sn-clean", "sn-authorize"]
    envoy = (EXAMPLES / "envoy.yaml").read_text()
    assert set(re.findall(r"remove: (X-SN-\S+)", envoy)) == PASSED_ON
    assert set(re.findall(r"exact: (X-SN-[^,]+),", envoy)) == PASSED_ON
    answered = set(re.findall(r'"(X-SN-[\w-]+)"', (ROOT / "tokens" / "gateway.py").read_text()))
    assert answered == PASSED_ON


def test_nginx_accepts_its_example(tmp_path, portal, upstream):
    skip_if_missing("nginx")
    command = nginx(Places(portal.port, upstream, free_port(), tmp_path))
    checked = subprocess.run([*command, "-t"], capture_output=True, check=False, env={"PATH": "/usr/sbin:/usr/bin"})
    assert checked.returncode == 0, checked.stderr
    assert b"warn" not in checked.stderr
