"""HTTP message signatures at both edges: the API and the gateway read what a client sent, and answer as for SNWS2."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256, sha512

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import issue
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.signer import Signer, sign
from tokens.models import SecurityToken
from tokens.services.signed_requests import judging
from tokens.web.envelope import unauthenticated_response

TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
DATUM = "/solarquery/api/v1/sec/datum/list"
HOST, PROXY = "data.example.org", "192.0.2.1"
JSON = ("content-type", "application/json")


def make_signer(issued, *, is_direct=False):
    token_id = issued.token.token_id
    return Signer.of_secret(token_id, issued.value) if is_direct else Signer.of_day(token_id, issued.value, timezone.now().date())


def signed(issued, method, uri, body=b"", *, headers=(), scheme="http", signer=None, **options):
    path, mark, query = uri.partition("?")
    request = SignedRequest(
        method, path, query, (("host", HOST), *headers), body, scheme=scheme, has_empty_query=bool(mark) and not query
    )
    return sign(request, signer or make_signer(issued), now=options.pop("now", None) or timezone.now(), **options)


def as_meta(request):
    return {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in request.headers
        if name not in {"content-type", "content-length"}
    }


def to_api(request, **meta):
    content_type = next(iter(request.header_values("content-type")), "")
    uri = f"{request.path}{'?' if request.has_query else ''}{request.query}"
    return Client().generic(request.method, uri, request.body, content_type, **{**as_meta(request), "RAW_URI": uri, **meta})


def to_gateway(request, **meta):
    uri = f"{request.path}{'?' if request.has_query else ''}{request.query}"
    forwarded = {"HTTP_X_FORWARDED_METHOD": request.method, "HTTP_X_FORWARDED_HOST": HOST, "HTTP_X_FORWARDED_URI": uri}
    if request.body:
        forwarded["HTTP_X_ORIGINAL_CONTENT_LENGTH"] = str(len(request.body))
    forwarded["CONTENT_TYPE"] = next(iter(request.header_values("content-type")), "")
    return Client().get("/authorize", **{**as_meta(request), **forwarded, "REMOTE_ADDR": PROXY, **meta})


@pytest.fixture
def owner_token(alice):
    return issue(alice, type=TokenType.USER)


class TestApi:
    @pytest.mark.parametrize("uri", [TOKENS, f"{TOKENS}/find?max=5&offset=0"])
    @pytest.mark.parametrize("is_direct", [False, True])
    def test_either_kind_of_key_opens_it(self, owner_token, uri, is_direct):
        response = to_api(signed(owner_token, "GET", uri, signer=make_signer(owner_token, is_direct=is_direct)))
        assert response.status_code == 200, response.content

    def test_a_body_with_its_digest_is_taken(self, owner_token):
        body = json.dumps({"apiPaths": ["/datum/**"]}).encode()
        response = to_api(signed(owner_token, "POST", f"{TOKENS}/generate/User?name=x", body, headers=[JSON]))
        assert response.status_code == 200, response.content
        created = SecurityToken.objects.get(token_id=response.json()["data"]["id"])
        assert created.policy == {"apiPaths": ["/datum/**"]}

    def test_the_length_of_the_body_may_be_covered(self, owner_token):
        components = ("@method", "@target-uri", "content-digest", "content-type", "content-length")
        length = [JSON, ("content-length", "2")]
        request = signed(owner_token, "POST", f"{TOKENS}/generate/User", b"{}", headers=length, components=components)
        assert to_api(request).status_code == 200

    def test_another_body_changes_nothing(self, owner_token):
        request = signed(owner_token, "POST", f"{TOKENS}/generate/User", b"{}", headers=[JSON])
        before = SecurityToken.objects.count()
        assert to_api(replace(request, body=b'{"refreshAllowed":true}')).status_code == 401
        assert SecurityToken.objects.count() == before

    def test_the_target_uri_is_that_of_the_client(self, owner_token):
        components = ("@method", "@target-uri")
        assert to_api(signed(owner_token, "GET", TOKENS, components=components)).status_code == 200
        other = signed(owner_token, "GET", TOKENS, components=components, scheme="https")
        assert to_api(other).status_code == 401

    def test_behind_a_trusted_proxy_scheme_and_host_are_the_clients(self, owner_token, settings):
        settings.TRUSTED_PROXIES = [PROXY]
        request = signed(owner_token, "GET", TOKENS, components=("@method", "@target-uri"), scheme="https")
        meta = {"HTTP_HOST": "internal:8000", "HTTP_X_FORWARDED_HOST": HOST, "REMOTE_ADDR": PROXY}
        assert to_api(request, **meta, HTTP_X_FORWARDED_PROTO="https").status_code == 200
        assert to_api(request, **meta).status_code == 200
        assert to_api(request, **meta, HTTP_X_FORWARDED_PROTO="http").status_code == 401

    def test_a_bearer_beside_it_does_not_matter(self, owner_token):
        assert to_api(signed(owner_token, "GET", TOKENS), HTTP_AUTHORIZATION="Bearer x").status_code == 200

    def test_the_sender_is_told_what_its_request_lacks(self, owner_token):
        request = signed(owner_token, "GET", TOKENS)
        response = to_api(request, HTTP_X_SN_ADDED="1")
        assert response.status_code == 401
        assert response["X-SN-ErrorMessage"] == "The signature must also cover 'x-sn-added'."
        assert '"x-sn-added")' in response["Accept-Signature"]

    def test_a_refused_date_is_told_after_a_good_signature_alone(self, owner_token):
        late = timezone.now() - timedelta(minutes=16)
        assert to_api(signed(owner_token, "GET", TOKENS, now=late)).json()["code"] == "REQUEST_DATE"
        other = Signer.of_day(owner_token.token.token_id, "snts_other", late.date())
        assert to_api(signed(owner_token, "GET", TOKENS, now=late, signer=other)).json()["code"] == "UNAUTHENTICATED"

    @pytest.mark.parametrize("token_id", ["known", "Unknown0000000000000"])
    def test_a_wrong_secret_and_an_unknown_token_are_the_same_401(self, owner_token, token_id):
        token_id = owner_token.token.token_id if token_id == "known" else token_id
        request = signed(owner_token, "GET", TOKENS, signer=Signer.of_secret(token_id, "snts_other"))
        response, expected = to_api(request), unauthenticated_response(request)
        assert response.status_code == 401
        assert response.content == expected.content
        assert {name: response.headers.get(name) for name in expected.headers} == dict(expected.headers)
        assert "X-SN-ErrorMessage" not in response


class TestGateway:
    @pytest.fixture(autouse=True)
    def _trusted(self, settings):
        settings.TRUSTED_PROXIES = [PROXY]

    @pytest.fixture
    def data_token(self, alice):
        return issue(alice, type=TokenType.DATA, policy=Policy(source_ids=("/meter/1",)))

    @pytest.mark.parametrize("uri", [DATUM, f"{DATUM}?sourceId=%2Fmeter%2F1", f"{DATUM}?"])
    def test_a_request_passes_with_its_restrictions(self, data_token, uri):
        response = to_gateway(signed(data_token, "GET", uri, scheme="https"), HTTP_X_FORWARDED_PROTO="https")
        assert response.status_code == 200, response.content
        assert response["X-SN-Source-Ids"] == "/meter/1"

    def test_without_a_forwarded_scheme_either_may_be_signed(self, data_token):
        for scheme in ("http", "https"):
            assert (
                to_gateway(signed(data_token, "GET", DATUM, scheme=scheme, components=("@method", "@target-uri"))).status_code
                == 200
            )

    def test_the_covered_digest_stands_for_the_body(self, owner_token):
        response = to_gateway(signed(owner_token, "POST", DATUM, b"{}", headers=[JSON]))
        assert response["X-SN-Content-SHA256"] == sha256(b"{}").hexdigest()

    def test_the_length_that_the_client_sent_may_be_covered(self, owner_token):
        components = ("@method", "@target-uri", "content-digest", "content-type", "content-length")
        length = [JSON, ("content-length", "2")]
        request = signed(owner_token, "POST", DATUM, b"{}", headers=length, components=components)
        assert to_gateway(request).status_code == 200

    def test_a_digest_that_no_upstream_can_check_is_refused(self, owner_token):
        value = f"sha-512=:{b64encode(sha512(b'{}').digest()).decode()}:"
        request = signed(owner_token, "POST", DATUM, b"{}", headers=[JSON, ("content-digest", value)])
        assert to_gateway(request).status_code == 401

    def test_costs_one_query(self, data_token, django_assert_num_queries):
        request = signed(data_token, "GET", DATUM)
        to_gateway(request)
        with django_assert_num_queries(1):
            assert to_gateway(request).status_code == 200


class TestHints:
    def judge(self, request):
        return judging.judge_request(request, now=timezone.now()).judgement

    def test_the_sender_may_be_told_what_is_missing_in_its_request(self, owner_token):
        request = signed(owner_token, "GET", TOKENS)
        added = replace(request, headers=(*request.headers, ("x-sn-a", "1")))
        assert self.judge(added).sender_hint == "The signature must also cover 'x-sn-a'."

    @pytest.mark.parametrize("token_id", ["known", "Unknown0000000000000"])
    def test_nothing_is_told_where_a_token_was_looked_up(self, owner_token, token_id):
        token_id = owner_token.token.token_id if token_id == "known" else token_id
        request = signed(owner_token, "GET", TOKENS, signer=Signer.of_secret(token_id, "snts_other"))
        assert self.judge(request).sender_hint == ""
