"""`/authorize` and pages of other origins: preflights, refusals that a page can read, and what a refusal tells its sender."""

from dataclasses import replace

import pytest
from django.test import Client, override_settings

from tests.factories import issue
from tests.test_gateway import LIST, PROXY, problem_of, send
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

ORIGIN = "https://app.example.org"
# What a browser sends before a page's GET with an Authorization header, and what the proxy adds.
PREFLIGHT = {
    "HTTP_ORIGIN": ORIGIN,
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization,x-sn-date",
    "HTTP_X_FORWARDED_METHOD": "OPTIONS",
    "HTTP_X_FORWARDED_HOST": "data.example.org",
    "HTTP_X_FORWARDED_URI": LIST,
}
passing = override_settings(PASS_PREFLIGHTS=True)
narrowed = override_settings(CORS_ALLOW_ALL_ORIGINS=False, CORS_ALLOWED_ORIGINS=[ORIGIN])
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _trusted(settings):
    settings.TRUSTED_PROXIES = [PROXY]


def ask(method="GET", *, address=PROXY, **changes):
    sent = {name: value for name, value in {**PREFLIGHT, **changes}.items() if value is not None}
    return Client().generic(method, "/authorize", REMOTE_ADDR=address, **sent)


class TestPreflights:
    def test_are_refused_by_default(self):
        problem_of(ask(), 401)

    # Envoy asks with the method of the request that it has received, the others with GET.
    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    def test_are_refused_however_the_proxy_asks(self, method):
        problem_of(ask(method), 401)

    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    @passing
    def test_pass_where_the_settings_let_them_and_grant_nothing(self, method, django_assert_num_queries):
        with django_assert_num_queries(0):
            response = ask(method)
        assert response.status_code == 200
        assert [name for name in response.headers if name.startswith("X-SN-")] == []
        assert response["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "changes",
        [
            {"HTTP_X_FORWARDED_METHOD": "GET"},
            {"HTTP_X_FORWARDED_METHOD": "options"},
            {"HTTP_ORIGIN": None},
            {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": None},
            {"HTTP_X_ORIGINAL_CONTENT_LENGTH": "5"},
            {"HTTP_X_ORIGINAL_TRANSFER_ENCODING": "chunked"},
            {"HTTP_AUTHORIZATION": "SNWS2 nonsense"},
            {"HTTP_SIGNATURE_INPUT": "sn=()"},
        ],
        ids=str,
    )
    @passing
    def test_are_nothing_else(self, changes):
        problem_of(ask(**changes), 401)

    @passing
    @narrowed
    def test_of_another_origin_are_refused(self):
        assert ask().status_code == 200
        problem_of(ask(HTTP_ORIGIN="https://other.example.org"), 401)

    @passing
    def test_pass_from_a_trusted_proxy_alone(self):
        problem_of(ask(address="203.0.113.9"), 403)

    @passing
    def test_a_signed_options_request_is_judged(self, alice):
        user, data = issue(alice, type=TokenType.USER), issue(alice)
        asked = {"method": "OPTIONS", "HTTP_ORIGIN": ORIGIN, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"}
        assert send(user, "/x", **asked)["X-SN-Token-Id"] == user.token.token_id
        assert problem_of(send(data, "/x", **asked), 403)["rule"] == "type"


class TestRefusals:
    def test_can_be_read_by_a_page(self, alice):
        issued = issue(alice)
        for response in (
            send(issued, f"{LIST}?nodeId=201", HTTP_ORIGIN=ORIGIN),
            send(issued, HTTP_AUTHORIZATION=None, HTTP_ORIGIN=ORIGIN),
        ):
            assert response.status_code in {401, 403}
            assert response["Access-Control-Allow-Origin"] == "*"
            assert "Accept-Signature" in response["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Credentials" not in response

    @narrowed
    def test_can_be_read_by_a_page_of_a_listed_origin_alone(self, alice):
        issued = issue(alice)
        assert send(issued, f"{LIST}?nodeId=201", HTTP_ORIGIN=ORIGIN)["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Origin" not in send(issued, f"{LIST}?nodeId=201", HTTP_ORIGIN="https://other.example.org")

    def test_say_what_a_message_signature_must_cover(self, alice):
        issued = issue(alice, type=TokenType.USER)
        unsigned = {"HTTP_AUTHORIZATION": None, "HTTP_X_SN_DATE": None}
        start, end = 'sn=("@method" "@authority" "@path"', ');created;keyid;tag="solarnetwork"'
        assert send(issued, **unsigned)["Accept-Signature"] == start + end
        assert send(issued, f"{LIST}?a=1", **unsigned)["Accept-Signature"] == f'{start} "@query"{end}'
        posted = send(issued, "/x", method="POST", CONTENT_TYPE="text/plain", HTTP_X_ORIGINAL_CONTENT_LENGTH="3", **unsigned)
        assert posted["Accept-Signature"] == f'{start} "content-digest" "content-type"{end}'

    def test_before_the_signature_is_proved_are_equal_in_every_header(self, alice):
        issued, other = issue(alice), issue(alice)
        unknown = issue(alice)
        unknown.token.delete()
        wrong = send(replace(issued, value=other.value))
        assert dict(wrong.items()) == dict(send(unknown).items())
        assert wrong.content == send(unknown).content
        assert "X-SN-ErrorMessage" not in wrong

    def test_after_the_signature_give_the_reason_in_a_header(self, alice):
        response = send(issue(alice, policy=Policy(source_ids=("/a/*",))), f"{LIST}?sourceId=%2Fb")
        assert response["X-SN-ErrorMessage"] == problem_of(response, 403)["message"]
        assert "Accept-Signature" not in response

    def test_of_a_misconfigured_proxy_have_neither_header(self):
        response = ask(HTTP_X_FORWARDED_URI=None)
        assert problem_of(response, 403)["code"] == "PROXY_MISCONFIGURED"
        assert not {"X-SN-ErrorMessage", "Accept-Signature"} & set(response.headers)
