"""What only a real server shows: raw paths, bodies in chunks, headers at its limits."""

import http.client
import json
import os

import pytest
from django.utils import timezone

from tests.api.conftest import BASE
from tests.running import portal
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers

__all__ = ["portal"]
pytestmark = pytest.mark.slow


def exchange(portal, method, path, headers, body=None, *, chunked=False):
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=10)
    try:
        connection.request(method, path, body, headers, encode_chunked=chunked)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def signed(portal, method, path, body=b"", token="boss"):
    raw_path, _, query = path.partition("?")
    headers = [("host", f"127.0.0.1:{portal.port}"), *([("content-type", "application/json")] if body else [])]
    request = SignedRequest(method, raw_path, query, tuple(headers), body)
    credential = portal.tokens[token]
    return dict(headers) | dict(
        signature_headers(request, token_id=credential["id"], now=timezone.now(), secret=credential["secret"])
    )


def chunks(body, size=50_000):
    return (body[start : start + size] for start in range(0, len(body), size))


def test_a_body_in_chunks_is_read_and_checked(portal):
    body = json.dumps({"sourceIds": [f"/{number}" for number in range(999)]}).encode()
    path = f"{BASE}/generate/ReadNodeData"
    headers = signed(portal, "POST", path, body) | {"Transfer-Encoding": "chunked"}
    status, document = exchange(portal, "POST", path, headers, chunks(body), chunked=True)
    assert (status, len(document["data"]["policy"]["sourceIds"])) == (200, 999)
    status, document = exchange(portal, "POST", path, headers, chunks(body.replace(b"/1", b"/2")), chunked=True)
    assert status == 401


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_over_1_mb_is_a_413_in_the_envelope(portal, chunked):
    body = os.urandom(1_048_577)
    path = f"{BASE}/generate/User"
    headers = signed(portal, "POST", path, body) | ({"Transfer-Encoding": "chunked"} if chunked else {})
    status, document = exchange(portal, "POST", path, headers, chunks(body) if chunked else body, chunked=chunked)
    assert (status, document["code"]) == (413, "TOO_LARGE")


def test_a_header_over_8_kb_is_a_401_in_the_envelope(portal):
    for name in ("Authorization", "X-SN-Date", "X-SN-More"):
        headers = signed(portal, "GET", BASE)
        headers = {key: value for key, value in headers.items() if key != name.lower()}
        assert exchange(portal, "GET", BASE, headers | {name: "SNWS2 " + "x" * 9000})[0] == 401


def test_the_path_is_used_as_it_was_sent(portal):
    path = f"{BASE}/find%3Fx%3Dy"
    status, document = exchange(portal, "DELETE", path, signed(portal, "DELETE", path))
    assert (status, document["code"]) == (404, "UNKNOWN_TOKEN")
    status, _ = exchange(portal, "GET", BASE.replace("user", "%75ser"), signed(portal, "GET", BASE))
    assert status == 401


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO"])
def test_headers_that_servers_use_do_not_change_the_route(portal, name):
    headers = signed(portal, "GET", BASE) | {name: f"{BASE}/find"}
    status, document = exchange(portal, "GET", BASE, headers)
    assert status == 200
    assert isinstance(document["data"], list)
