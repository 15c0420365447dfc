"""Pages of other origins may call the API, and nothing else (SPEC, "CORS")."""

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone

from tests.api.conftest import BASE, REFRESH, in_an_hour
from tests.factories import token as make_token
from tokens import conf
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.services.signed_requests import judging

ORIGIN = "https://app.example.org"
FROM_PAGE = {"HTTP_ORIGIN": ORIGIN}
ANY = {"access-control-allow-origin": "*"}
EXPOSED = {"x-sn-token-expires", "accept-signature", "x-sn-errormessage"}
ALLOWED = {
    "authorization",
    "x-sn-date",
    "digest",
    "content-md5",
    "content-type",
    "content-digest",
    "signature",
    "signature-input",
    "x-sn-presignedauthorization",
}
narrowed = override_settings(CORS_ALLOW_ALL_ORIGINS=False, CORS_ALLOWED_ORIGINS=[ORIGIN, "http://127.0.0.1:8123"])


def preflight(path=BASE, *, method="PUT", origin=ORIGIN, client=None, **headers):
    asked = {"origin": origin, "access-control-request-method": method, **headers}
    return (client or Client()).options(path, headers={name: value for name, value in asked.items() if value is not None})


def cors_headers(response):
    return {name.lower(): value for name, value in response.items() if name.lower().startswith("access-control-")}


def listed(value):
    return {part.strip().lower() for part in value.split(",")}


class TestPreflights:
    @pytest.mark.parametrize(
        "path", [BASE, REFRESH, f"{BASE}/0123456789", f"{BASE}/find?active=true", "/solaruser/x", "/solarquery/", "/solarin/x"]
    )
    @pytest.mark.django_db
    def test_are_answered_without_a_signature_and_without_a_query(self, path, django_assert_num_queries):
        with django_assert_num_queries(0):
            response = preflight(path)
        assert (response.status_code, response.content) == (200, b"")
        assert response["Access-Control-Allow-Origin"] == "*"

    def test_allow_what_a_signed_request_needs(self):
        headers = cors_headers(preflight())
        assert listed(headers["access-control-allow-headers"]) == ALLOWED
        assert listed(headers["access-control-allow-methods"]) == {"get", "head", "post", "put", "patch", "delete"}
        assert headers["access-control-max-age"] == "7200"

    def test_are_recognized_by_their_origin(self):
        assert preflight(method=None).status_code == 200

    def test_of_a_signed_in_browser_allow_no_cookies(self, alice_client):
        assert "access-control-allow-credentials" not in cors_headers(preflight(client=alice_client))

    @pytest.mark.django_db
    def test_without_an_origin_are_requests_like_any_other(self):
        assert preflight(origin=None).status_code == 401

    def test_without_an_origin_get_a_405_if_they_are_signed(self, program):
        response = program.send("OPTIONS", BASE, meta={"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"})
        assert response.status_code == 405
        assert cors_headers(response) == {}

    @pytest.mark.django_db
    def test_do_not_count_as_refused(self, settings):
        settings.RATE_REFUSED = 1
        assert {preflight().status_code for _ in range(3)} == {200}
        assert Client().get(BASE).status_code == 401


class TestResponses:
    def assert_readable(self, response, status):
        assert response.status_code == status, response.content
        headers = cors_headers(response)
        assert listed(headers.pop("access-control-expose-headers")) == EXPOSED
        assert headers == ANY

    def test_are_readable(self, program):
        self.assert_readable(program.get(meta=FROM_PAGE), 200)

    def test_of_a_request_without_an_origin_have_no_such_headers(self, program):
        assert cors_headers(program.get()) == {}

    @pytest.mark.django_db
    def test_are_readable_if_the_signature_is_bad(self):
        self.assert_readable(Client().get(BASE, **FROM_PAGE), 401)

    def test_are_readable_if_the_token_may_not(self, make_program):
        self.assert_readable(make_program(type=TokenType.DATA).get(meta=FROM_PAGE), 403)

    def test_are_readable_if_there_is_nothing(self, program):
        self.assert_readable(program.get("/solaruser/nothing", meta=FROM_PAGE), 404)

    def test_are_readable_if_the_method_is_wrong(self, program):
        self.assert_readable(program.send("DELETE", f"{BASE}/find", meta=FROM_PAGE), 405)

    def test_are_readable_if_the_body_is_too_large(self, program):
        self.assert_readable(program.post(f"{BASE}/generate/User", b" " * (conf.MAX_BODY_BYTES + 1), meta=FROM_PAGE), 413)

    def test_are_readable_if_the_input_is_invalid(self, program):
        self.assert_readable(program.post(f"{BASE}/generate/User", {"nodeIds": [1]}, meta=FROM_PAGE), 422)

    @pytest.mark.django_db
    def test_are_readable_if_there_were_too_many(self, settings):
        settings.RATE_REFUSED = 1
        Client().get(BASE)
        self.assert_readable(Client().get(BASE, **FROM_PAGE), 429)

    def test_are_readable_if_the_host_is_unknown(self, settings):
        settings.ALLOWED_HOSTS = ["portal.example.org"]
        self.assert_readable(Client().get(BASE, **FROM_PAGE), 400)

    def test_are_readable_if_the_database_is_unavailable(self, program, monkeypatch):
        monkeypatch.setattr(judging, "_fetch", lambda *_: (_ for _ in ()).throw(OperationalError("locked")))
        self.assert_readable(program.get(meta=FROM_PAGE), 503)


class TestNarrowed:
    @pytest.mark.parametrize("origin", [ORIGIN, "http://127.0.0.1:8123"])
    @narrowed
    def test_a_listed_origin_is_allowed_by_name(self, origin, program):
        assert preflight(origin=origin)["Access-Control-Allow-Origin"] == origin
        response = program.get(meta={"HTTP_ORIGIN": origin})
        assert response["Access-Control-Allow-Origin"] == origin
        assert "origin" in listed(response["Vary"])

    @pytest.mark.parametrize(
        "origin",
        [
            "https://other.example.org",
            "http://app.example.org",
            f"{ORIGIN}:8443",
            f"{ORIGIN}.evil.example",
            "http://127.0.0.1:81234",
            "null",
            "*",
            "https://[",
        ],
    )
    @narrowed
    def test_another_origin_gets_no_such_headers(self, origin, program):
        assert cors_headers(preflight(origin=origin)) == {}
        assert cors_headers(program.get(meta={"HTTP_ORIGIN": origin})) == {}


class TestElsewhere:
    PATHS = ["/", "/tokens/", "/tokens/{id}/", "/accounts/login/", "/admin/login/", "/api/docs/", "/static/missing.css", "/x"]

    @pytest.mark.parametrize("path", [*PATHS, "/solaruser", "/authorize/solaruser/", "/tokens/solaruser/"])
    @pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
    def test_no_page_is_readable(self, path, method, alice, alice_client):
        url = path.format(id=make_token(alice).token_id)
        asked = {"origin": ORIGIN, "access-control-request-method": "GET"}
        assert cors_headers(alice_client.generic(method, url, headers=asked)) == {}

    def test_no_file_is_readable(self):
        response = Client().get("/static/portal/css/base.css", headers={"origin": ORIGIN})
        assert response.getvalue()
        assert (response.status_code, cors_headers(response)) == (200, {})


def test_a_page_may_read_when_the_token_expires(make_program):
    response = make_program(policy=Policy(not_after=in_an_hour())).get(meta=FROM_PAGE, now=timezone.now())
    assert "X-SN-Token-Expires" in response
    assert "x-sn-token-expires" in listed(response["Access-Control-Expose-Headers"])
