"""`/authorize`, as a proxy's sub-request sees it. The proxies themselves run in tests/gateways."""

import base64
import json
from hashlib import sha256
from urllib.parse import unquote

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import issue
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.models import LastUse, Node
from tokens.services.signed_requests import judging as judging

LIST = "/solarquery/api/v1/sec/datum/list"
PROXY = "192.0.2.1"


@pytest.fixture(autouse=True)
def _trusted(settings):
    settings.TRUSTED_PROXIES = [PROXY]


def send(issued, uri=LIST, *, method="GET", headers=(), host="data.example.org", body=b"", address=PROXY, **meta):
    """Sign a request to `data.example.org` and send it as a proxy does that received it."""
    path, _, query = uri.partition("?")
    request = SignedRequest(method, path, query, (("host", host), *headers), body)
    added = signature_headers(request, token_id=issued.token.token_id, now=timezone.now(), secret=issued.value)
    sent = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (*headers, *added)}
    forwarded = {"HTTP_X_FORWARDED_METHOD": method, "HTTP_X_FORWARDED_HOST": "data.example.org", "HTTP_X_FORWARDED_URI": uri}
    extra = {**sent, **forwarded, "REMOTE_ADDR": address, **meta}
    return Client().get("/authorize", **{key: value for key, value in extra.items() if value is not None})


def problem_of(response, status):
    assert response.status_code == status, response.content
    document = json.loads(response.content)
    assert document["success"] is False
    return document


class TestAllowed:
    def test_a_user_token_is_named(self, alice):
        issued = issue(alice, type=TokenType.USER)
        response = send(issued, "/solaruser/api/v1/sec/x", method="DELETE")
        assert response.status_code == 200
        granted = {name: value for name, value in response.items() if name.startswith("X-SN-")}
        assert granted == {"X-SN-Token-Id": issued.token.token_id, "X-SN-Token-Type": "User", "X-SN-User-Id": str(alice.pk)}
        assert response["Cache-Control"] == "no-store"
        assert not response.cookies

    def test_the_effective_restrictions_are_in_the_headers(self, alice):
        policy = Policy(
            node_ids=(102, 101),
            source_ids=("/größe/*", "/a b%"),
            min_aggregation="Hour",
            not_after=int(timezone.now().timestamp() * 1000) + 60_000,
            node_metadata_paths=("/m/**",),
            user_metadata_paths=("/pm/ü/*", "/m/x"),
        )
        response = send(issue(alice, policy=policy), f"{LIST}?aggregation=Day")
        assert response["X-SN-Node-Ids"] == "102,101"
        assert [unquote(entry) for entry in response["X-SN-Source-Ids"].split(",")] == ["/größe/*", "/a b%"]
        assert (response["X-SN-Min-Aggregation"], response["X-SN-Aggregation"]) == ("Hour", "Day")
        assert response["X-SN-Node-Metadata-Paths"] == "/m/**"
        assert [unquote(entry) for entry in response["X-SN-User-Metadata-Paths"].split(",")] == ["/pm/ü/*", "/m/x"]
        assert response["X-SN-Token-Expires"].endswith(" GMT")

    def test_an_unrestricted_data_token_still_sees_its_own_nodes_alone(self, alice, bob):
        assert send(issue(alice))["X-SN-Node-Ids"] == "101,102"
        problem_of(send(issue(alice), f"{LIST}?nodeId=201"), 403)
        Node.objects.filter(owner=alice).delete()
        problem_of(send(issue(alice)), 403)

    def test_costs_one_query(self, alice, django_assert_num_queries):
        issued = issue(alice)
        send(issued)
        with django_assert_num_queries(1):
            assert send(issued).status_code == 200

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
    def test_any_method_is_accepted(self, method, alice):
        Client(enforce_csrf_checks=True).generic(method, "/authorize", REMOTE_ADDR=PROXY)
        response = Client(enforce_csrf_checks=True).generic(method, "/authorize", REMOTE_ADDR=PROXY)
        assert response.status_code == 403


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "scheme", "status"),
        [
            ("data.example.org", "https", 200),
            ("data.example.org:443", "https", 200),
            ("data.example.org:80", "http", 200),
            ("data.example.org:80", "https", 401),
            ("data.example.org:443", "http", 401),
            ("data.example.org:8443", "https", 401),
            ("data.example.org:443", None, 200),
            ("other.example.org", "https", 401),
            ("Data.example.org", "https", 401),
        ],
    )
    def test_spellings_follow_the_scheme(self, host, scheme, status, alice):
        assert send(issue(alice), host=host, HTTP_X_FORWARDED_PROTO=scheme).status_code == status

    def test_another_port_belongs_to_the_host(self, alice):
        issued = issue(alice)
        assert send(issued, host="data.example.org:8443", HTTP_X_FORWARDED_HOST="data.example.org:8443").status_code == 200
        assert send(issued, HTTP_X_FORWARDED_HOST="data.example.org:8443").status_code == 401


class TestTrust:
    def test_an_untrusted_proxy_gets_what_to_configure(self, alice):
        problem = problem_of(send(issue(alice), address="203.0.113.9"), 403)
        assert "PORTAL_TRUSTED_PROXIES" in problem["message"]

    def test_the_clients_address_comes_from_the_proxy(self, alice):
        issued = issue(alice)
        send(issued, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.7")
        assert LastUse.objects.get(token=issued.token).address == "203.0.113.7"

    @pytest.mark.parametrize("missing", ["METHOD", "HOST", "URI"])
    def test_a_missing_header_is_reported(self, missing, alice):
        problem = problem_of(send(issue(alice), **{f"HTTP_X_FORWARDED_{missing}": None}), 403)
        assert problem["code"] == "PROXY_MISCONFIGURED"
        assert f"X-Forwarded-{missing.title()}" in problem["message"]

    def test_nginx_names_are_read_too(self, alice):
        forwarded = {f"HTTP_X_FORWARDED_{name}": None for name in ("METHOD", "HOST", "URI")}
        forwarded |= {"HTTP_X_ORIGINAL_METHOD": "GET", "HTTP_X_ORIGINAL_HOST": "data.example.org", "HTTP_X_ORIGINAL_URI": LIST}
        assert send(issue(alice), **forwarded).status_code == 200

    @pytest.mark.parametrize(("name", "value"), [("METHOD", "POST"), ("HOST", "x"), ("URI", f"{LIST}?nodeId=101")])
    def test_contradicting_headers_are_rejected(self, name, value, alice):
        problem = problem_of(send(issue(alice), **{f"HTTP_X_ORIGINAL_{name}": value}), 403)
        assert problem["code"] == "PROXY_MISCONFIGURED"


class TestRefused:
    def test_a_bad_signature_is_the_uniform_401(self, alice):
        issued = issue(alice)
        responses = [
            send(issued, HTTP_X_FORWARDED_URI=f"{LIST}?nodeId=101"),
            send(issued, HTTP_AUTHORIZATION="SNWS2 x"),
            send(issued, HTTP_AUTHORIZATION=None),
            send(issued, HTTP_X_SN_NODE_IDS="101"),
        ]
        assert {response.status_code for response in responses} == {401}
        assert len({response.content for response in responses}) == 1
        assert {response["WWW-Authenticate"] for response in responses} == {"SNWS2"}

    def test_a_denial_names_what_decided(self, alice):
        response = send(issue(alice, policy=Policy(source_ids=("/a/*",))), f"{LIST}?sourceId=/b")
        problem = problem_of(response, 403)
        assert (problem["code"], problem["rule"], problem["value"]) == ("DATA_NOT_ALLOWED", "sourceIds", "/b")
        assert [name for name in response.headers if name.startswith("X-SN-")] == ["X-SN-ErrorMessage"]

    def test_a_disabled_token_is_denied(self, alice):
        assert problem_of(send(issue(alice, disabled=True)), 403)["code"] == "TOKEN_DISABLED"

    def test_an_unavailable_database_is_a_503(self, alice, monkeypatch):
        from django.db import OperationalError

        issued = issue(alice)
        monkeypatch.setattr(judging, "_fetch", lambda *_: (_ for _ in ()).throw(OperationalError("locked")))
        problem_of(send(issued), 503)

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(method=st.text(), host=st.text(), uri=st.one_of(st.text(), st.text().map("/{}".format)), length=st.text())
    def test_invalid_input_is_not_a_500(self, alice, method, host, uri, length):
        forwarded = {
            "HTTP_X_FORWARDED_METHOD": method,
            "HTTP_X_FORWARDED_HOST": host,
            "HTTP_X_FORWARDED_URI": uri,
            "HTTP_X_ORIGINAL_CONTENT_LENGTH": length,
        }
        issued = issue(alice)
        assert (
            send(issued, **forwarded).status_code in {200, 401, 403}
            if method == "GET"
            else send(issued, **forwarded).status_code in {401, 403}
        )


class TestBodies:
    def digest(self, body):
        return ("digest", "sha-256=" + base64.b64encode(sha256(body).digest()).decode())

    def test_the_signed_digest_replaces_the_body(self, alice):
        issued = issue(alice, type=TokenType.USER)
        response = send(issued, "/x", method="POST", body=b"{}", headers=[self.digest(b"{}")], HTTP_X_ORIGINAL_CONTENT_LENGTH="2")
        assert response["X-SN-Content-SHA256"] == sha256(b"{}").hexdigest()

    @pytest.mark.parametrize(
        ("method", "forwarded", "status"),
        [
            ("POST", {}, 401),
            ("PUT", {"HTTP_X_ORIGINAL_CONTENT_LENGTH": ""}, 401),
            ("POST", {"HTTP_X_ORIGINAL_CONTENT_LENGTH": "0"}, 200),
            ("POST", {"HTTP_X_ORIGINAL_CONTENT_LENGTH": "5"}, 401),
            ("POST", {"HTTP_X_ORIGINAL_CONTENT_LENGTH": "0", "HTTP_X_ORIGINAL_TRANSFER_ENCODING": "chunked"}, 401),
            ("POST", {"HTTP_X_ORIGINAL_CONTENT_LENGTH": "0", "CONTENT_LENGTH": "7"}, 401),
            ("POST", {"CONTENT_LENGTH": "0"}, 401),
            ("GET", {}, 200),
            ("DELETE", {}, 200),
            ("GET", {"HTTP_X_ORIGINAL_CONTENT_LENGTH": "5"}, 401),
            ("GET", {"HTTP_TRANSFER_ENCODING": "chunked"}, 401),
        ],
    )
    def test_a_body_without_digest_is_rejected(self, method, forwarded, status, alice):
        assert send(issue(alice, type=TokenType.USER), "/x", method=method, **forwarded).status_code == status
