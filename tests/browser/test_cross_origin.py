"""A page of another origin uses the API with SolarNetwork's own client, in a real browser."""

import functools
import http.server
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.gateways.proxies import Echo, gateway_of, serving
from tests.running import ROOT, Portal, portal, running_portal

__all__ = ["portal"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
CLIENT = ROOT / "tests" / "js"


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves the page, and the client's modules as npm has put them."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The origin of a page on another port."""
    if not (CLIENT / "node_modules" / "solarnetwork-api-core").exists():
        pytest.skip("solarnetwork-api-core is not installed; `make test` does it")
    with serving(functools.partial(Files, directory=str(CLIENT))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def narrowed(origin, tmp_path_factory) -> Iterator[Portal]:
    """A portal that allows pages of another origin than the page's."""
    with running_portal(tmp_path_factory.mktemp("narrowed"), PORTAL_CORS_ORIGINS="https://app.example.org") as started:
        yield started


@pytest.fixture
def browser_context_args() -> dict[str, Any]:
    """The page is on a server of its own, not on Django's."""
    return {}


@pytest.fixture
def elsewhere(page: Page, origin: str) -> Page:
    """The page of another origin."""
    page.goto(f"{origin}/page.html")
    return page


def call(page: Page, port: int, token: dict[str, Any], **request: Any) -> dict[str, Any]:
    """Let the page send a request that the client has signed; return what the page can see of the answer."""
    script = "async ([...given]) => (await import('/page.mjs')).call(...given)"
    return page.evaluate(script, [port, token, request])


class TestApi:
    def test_a_page_lists_tokens(self, elsewhere, portal):
        answer = call(elsewhere, portal.port, portal.tokens["boss"])
        assert answer["status"] == 200, answer
        assert {token["id"] for token in answer["data"]} >= {portal.tokens["boss"]["id"], portal.tokens["data"]["id"]}

    def test_a_page_changes_a_token(self, elsewhere, portal):
        made = portal.send("POST", "/solaruser/api/v1/sec/user/auth-tokens/generate/ReadNodeData").data
        request = {"method": "PUT", "helper": "replaceAuthTokenSecurityPolicyUrl", "args": [made["id"]]}
        answer = call(elsewhere, portal.port, portal.tokens["boss"], **request, body=json.dumps({"sourceIds": ["/a"]}))
        assert answer["status"] == 200, answer
        assert answer["data"]["policy"] == {"sourceIds": ["/a"]}

    def test_a_page_learns_why_it_may_not(self, elsewhere, portal):
        answer = call(elsewhere, portal.port, portal.tokens["data"])
        assert (answer["status"], answer["code"]) == (403, "TYPE_NOT_ALLOWED")
        assert answer["headers"]["x-sn-errormessage"] == answer["message"]

    def test_a_page_learns_what_a_message_signature_must_cover(self, elsewhere, portal):
        answer = call(elsewhere, portal.port, {**portal.tokens["boss"], "secret": "wrong"})
        assert answer["status"] == 401
        assert answer["headers"]["accept-signature"].startswith("sn=(")

    def test_a_page_learns_when_its_token_expires(self, elsewhere, portal):
        answer = call(elsewhere, portal.port, portal.tokens["expired"])
        assert (answer["status"], answer["code"]) == (403, "TOKEN_EXPIRED")
        assert answer["headers"]["x-sn-token-expires"].endswith(" GMT")

    def test_a_page_of_an_origin_that_is_not_listed_sees_nothing(self, elsewhere, narrowed):
        answer = call(elsewhere, narrowed.port, narrowed.tokens["boss"])
        assert answer == {"error": "TypeError: Failed to fetch"}


def test_a_page_cannot_read_a_page_of_the_portal(elsewhere, portal):
    script = "url => fetch(url).then(() => 'read', error => String(error))"
    assert elsewhere.evaluate(script, f"{portal.url}/accounts/login/") == "TypeError: Failed to fetch"
    assert elsewhere.evaluate(script, f"{portal.url}/solaruser/api/v1/openapi.json") == "read"


def test_a_page_reads_data_through_a_gateway(elsewhere, portal, tmp_path):
    path = "/solarquery/api/v1/sec/datum/list?nodeId=10"
    with serving(Echo) as upstream, gateway_of("nginx", portal, upstream, tmp_path) as gateway:
        port = int(gateway.url.rpartition(":")[2])
        answer = call(elsewhere, port, portal.tokens["data"], path=f"{path}1")
        assert answer["status"] == 200, answer
        denied = call(elsewhere, port, portal.tokens["data"], path=f"{path}2")
    assert (denied["status"], denied["rule"]) == (403, "nodeIds")
