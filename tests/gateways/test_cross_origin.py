"""Pages of other origins at a gateway, and what a refusal tells: the examples of docs/gateways behind real proxies."""

import json
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

from tests.gateways.proxies import Gateway, gateway_of
from tests.running import Reply, lowered, running_portal

pytestmark = pytest.mark.slow
LIST = "/solarquery/api/v1/sec/datum/list"
ORIGIN = "https://app.example.org"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization,x-sn-date",
}


def ask(
    gateway: Gateway, headers: dict[str, str], *, method: str = "OPTIONS", path: str = LIST, body: bytes | None = None
) -> Reply:
    """Send a request as it is, unsigned."""
    try:
        with urlopen(Request(gateway.url + path, body, headers, method=method), timeout=10) as response:
            return Reply(response.status, lowered(response.headers), response.read())
    except HTTPError as error:
        with error:
            return Reply(error.code, lowered(error.headers), error.read())


def listed(value: str) -> set[str]:
    return {part.strip().lower() for part in value.split(",")}


class TestPreflights:
    def test_are_answered_by_the_proxy_alone(self, gateway):
        response = ask(gateway, PREFLIGHT)
        assert response.status in {200, 204}
        # The service behind would have echoed the request.
        assert response.body == b""

    def test_allow_what_a_signed_request_needs(self, gateway):
        headers = ask(gateway, PREFLIGHT).headers
        assert headers["access-control-allow-origin"] in {"*", ORIGIN}
        assert listed(headers["access-control-allow-headers"]) == {name.lower() for name in settings.CORS_ALLOW_HEADERS}
        assert listed(headers["access-control-allow-methods"]) == {name.lower() for name in settings.CORS_ALLOW_METHODS}
        assert headers["access-control-max-age"] == "7200"
        assert "access-control-allow-credentials" not in headers

    @pytest.mark.parametrize("sent", [{}, {"Origin": ORIGIN}], ids=["bare", "with an origin"])
    def test_are_nothing_else(self, gateway, sent):
        assert ask(gateway, sent).status == 401

    def test_do_not_open_any_other_method(self, gateway):
        assert ask(gateway, PREFLIGHT, method="GET").status == 401


class TestPages:
    def test_can_read_an_answer_of_the_service(self, gateway):
        response = gateway.send("GET", LIST, unsigned={"Origin": ORIGIN})
        assert response.status == 200
        assert response.headers["access-control-allow-origin"] in {"*", ORIGIN}

    def test_can_read_a_refusal(self, gateway):
        unsigned = ask(gateway, {"Origin": ORIGIN}, method="GET")
        denied = gateway.send("GET", f"{LIST}?nodeId=102", unsigned={"Origin": ORIGIN})
        assert (unsigned.status, denied.status) == (401, 403)
        for response in (unsigned, denied):
            assert response.headers["access-control-allow-origin"] in {"*", ORIGIN}
            assert listed(response.headers["access-control-expose-headers"]) == {
                name.lower() for name in settings.CORS_EXPOSE_HEADERS
            }


class TestRefusals:
    def test_say_what_a_message_signature_must_cover(self, gateway):
        response = ask(gateway, {"X-SN-Custom": "x"}, method="GET", path=f"{LIST}?nodeId=101")
        assert response.status == 401
        assert response.headers["accept-signature"] == (
            'sn=("@method" "@authority" "@path" "@query" "x-sn-custom");created;keyid;tag="solarnetwork"'
        )
        assert response.headers["www-authenticate"] == "SNWS2"

    def test_give_their_reason_in_a_header(self, gateway):
        response = gateway.send("GET", f"{LIST}?nodeId=102")
        assert response.status == 403
        assert response.headers["x-sn-errormessage"] == json.loads(response.body)["message"]

    def test_are_not_kept_by_any_cache(self, gateway):
        assert ask(gateway, {}, method="GET").headers["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def passing(upstream, tmp_path_factory):
    """nginx without the lines of its example that answer preflights, and a portal that lets them pass."""

    def without_answers(example: str) -> str:
        changed = re.sub(r"if \(\$sn_preflight\) \{.*?\n        \}", "", example, flags=re.DOTALL)
        assert changed != example
        return changed.replace("proxy_hide_header Access-Control-Allow-Origin;", "").replace(
            'add_header Access-Control-Allow-Origin "*" always;', ""
        )

    folder = tmp_path_factory.mktemp("passing")
    with (
        running_portal(folder, PORTAL_GATEWAY_PREFLIGHTS="yes", PORTAL_CORS_ORIGINS=ORIGIN) as portal,
        gateway_of("nginx", portal, upstream, folder, change=without_answers) as gateway,
    ):
        yield gateway


class TestPreflightsThatPass:
    def test_reach_the_service_and_its_answer_the_page(self, passing):
        response = ask(passing, PREFLIGHT)
        assert json.loads(response.body)["method"] == "OPTIONS"
        assert response.headers["access-control-allow-origin"] == "https://service.example.org"

    def test_bring_nothing_that_the_client_claims_to_be(self, passing):
        echo = json.loads(ask(passing, {**PREFLIGHT, "X-SN-Token-Id": "forged", "X-SN-Node-Ids": "1"}).body)
        assert [name for name in echo["headers"] if name.startswith("x-sn-")] == []

    def test_do_not_come_from_another_origin(self, passing):
        assert ask(passing, {**PREFLIGHT, "Origin": "https://other.example.org"}).status == 401

    def test_have_no_signature(self, passing):
        assert ask(passing, {**PREFLIGHT, "Authorization": "SNWS2 x"}).status == 401

    def test_have_no_body(self, passing):
        assert ask(passing, PREFLIGHT, body=b"abc").status == 401
