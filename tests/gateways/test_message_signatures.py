"""Requests with HTTP message signatures through the gateways, and what a client learns from a refusal."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.gateways.proxies import Gateway
from tests.running import Reply, lowered
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.signer import Signer, sign

pytestmark = pytest.mark.slow
LIST = "/solarquery/api/v1/sec/datum/list"
WITH_TARGET = ("@method", "@target-uri", "@query")


def send(
    gateway: Gateway,
    method: str,
    uri: str,
    body: bytes = b"",
    *,
    token: str = "data",
    scheme: str = "http",
    path_sent: str = "",
    **options: Any,
) -> Reply:
    """Sign a request as a client that uses the scheme, and send it; `path_sent` replaces the signed path (tampering)."""
    path, _, query = uri.partition("?")
    headers = [("host", gateway.url.removeprefix("http://")), *([("content-type", "application/json")] if body else [])]
    credential = gateway.portal.tokens[token]
    now = datetime.now(UTC)
    signer = Signer.of_day(credential["id"], credential["secret"], now.date())
    signed = sign(replace(SignedRequest(method, path, query, tuple(headers), body), scheme=scheme), signer, now=now, **options)
    outgoing = Request(gateway.url + (path_sent or uri), body or None, dict(signed.headers), method=method)
    try:
        with urlopen(outgoing, timeout=10) as response:
            return Reply(response.status, lowered(response.headers), response.read())
    except HTTPError as error:
        with error:
            return Reply(error.code, lowered(error.headers), error.read())


def test_a_signed_request_passes_within_its_token_s_policy(gateway):
    response = send(gateway, "GET", f"{LIST}?nodeId=101")
    assert response.status == 200, response
    headers = json.loads(response.body)["headers"]
    assert headers["x-sn-token-id"] == gateway.portal.tokens["data"]["id"]
    assert headers["x-sn-node-ids"] == "101"


def test_the_whole_address_may_be_signed_with_the_scheme_that_the_client_used(gateway):
    assert send(gateway, "GET", f"{LIST}?nodeId=101", components=WITH_TARGET).status == 200
    assert send(gateway, "GET", f"{LIST}?nodeId=101", components=WITH_TARGET, scheme="https").status == 401


def test_the_covered_digest_stands_for_the_body(gateway):
    response = send(gateway, "POST", "/api/v1/sec/x", b'{"a":1}', token="boss")
    assert response.status == 200, response
    echo = json.loads(response.body)
    assert (echo["body"], echo["headers"]["x-sn-content-sha256"]) == ('{"a":1}', sha256(b'{"a":1}').hexdigest())


def test_a_component_that_is_missing_is_named_to_the_sender(gateway):
    response = send(gateway, "GET", LIST, path_sent=f"{LIST}?nodeId=101")
    assert response.status == 401
    assert "@query" in response.headers["x-sn-errormessage"]
    assert response.headers["accept-signature"].startswith('sn=("@method" "@authority" "@path" "@query")')


def test_a_tampered_request_gets_no_reason(gateway):
    response = send(gateway, "GET", f"{LIST}?nodeId=101", path_sent=f"{LIST}?nodeId=102")
    assert response.status == 401
    assert "x-sn-errormessage" not in response.headers


def test_a_denied_request_gets_the_reason(gateway):
    response = send(gateway, "GET", f"{LIST}?nodeId=102")
    assert (response.status, json.loads(response.body)["rule"]) == (403, "nodeIds")
    assert response.headers["x-sn-errormessage"] == json.loads(response.body)["message"]
