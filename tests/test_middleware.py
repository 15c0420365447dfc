"""Middleware: trusted proxies, HEAD requests, an unavailable database, and caching of private pages."""

import json
from unittest.mock import patch

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxMiddleware

from tests.factories import PASSWORD
from tokens.middleware import (
    BodylessHeadMiddleware,
    HtmxResponseMiddleware,
    PrivatePagesMiddleware,
    TrustedProxyMiddleware,
    UnavailableMiddleware,
    client_address,
)
from tokens.web.proxies import FROM_TRUSTED_PROXY

PROXY = "10.0.0.5"


@pytest.fixture(autouse=True)
def _one_proxy(settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY, "10.1.0.0/16"]


def arrive(address: str, **headers: str) -> HttpRequest:
    """Return the request as views see it."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    TrustedProxyMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR=address, headers=headers))
    return seen[0]


class TestTrustedProxy:
    def test_a_trusted_proxys_headers_are_used(self):
        request = arrive(PROXY, **{"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"})
        assert request.META["REMOTE_ADDR"] == "203.0.113.9"
        assert request.is_secure()
        assert request.META[FROM_TRUSTED_PROXY] is True

    @pytest.mark.parametrize("address", ["203.0.113.9", "127.0.0.1", ""])
    def test_nobody_elses_headers_are_used(self, address):
        request = arrive(address, **{"x-forwarded-for": "198.51.100.1", "x-forwarded-proto": "https"})
        assert request.META["REMOTE_ADDR"] == address
        assert not request.is_secure()
        assert request.META[FROM_TRUSTED_PROXY] is False

    def test_a_client_cannot_claim_to_be_the_proxy(self):
        request = arrive("203.0.113.9", **{"portal.from_trusted_proxy": "True", "portal-from-trusted-proxy": "True"})
        assert request.META[FROM_TRUSTED_PROXY] is False

    def test_entries_before_the_proxys_own_are_ignored(self):
        request = arrive(PROXY, **{"x-forwarded-for": "127.0.0.1, 203.0.113.9"})
        assert request.META["REMOTE_ADDR"] == "203.0.113.9"

    @pytest.mark.parametrize("scheme", ["ftp", "HTTPS://", "https, http", ""])
    def test_an_unknown_scheme_is_ignored(self, scheme):
        assert not arrive(PROXY, **{"x-forwarded-proto": scheme}).is_secure()

    def test_the_proxys_own_host_header_is_not_replaced_by_a_forwarded_one(self):
        assert arrive(PROXY, **{"x-forwarded-host": "evil.example.org"}).get_host() == "testserver"


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.9, nonsense", ""),
        ("10.1.2.3", ""),
        ("", ""),
        ("203.0.113.9,", ""),
    ],
)
def test_the_client_is_the_last_that_is_not_a_proxy(forwarded_for, address):
    assert client_address(forwarded_for) == address


class TestUnavailableDatabase:
    @pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("connection already closed")])
    @pytest.mark.parametrize("path", ["/solaruser/api/v1/sec/user/auth-tokens", "/solarquery/api/v1/sec/x", "/authorize"])
    def test_programs_get_the_envelope(self, error, path):
        response = UnavailableMiddleware(lambda _: HttpResponse()).process_exception(RequestFactory().get(path), error)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert json.loads(response.content) == {
            "success": False,
            "code": "UNAVAILABLE",
            "message": "The portal's database is unavailable. Try again in a moment.",
        }

    def test_another_error_passes_unchanged(self):
        response = UnavailableMiddleware(lambda _: HttpResponse()).process_exception(
            RequestFactory().get("/"), ValidationError("x")
        )
        assert response is None

    def test_people_get_a_page_without_a_query(self):
        # No database in this test: a query would fail it.
        response = UnavailableMiddleware(lambda _: HttpResponse()).process_exception(
            RequestFactory().get("/"), OperationalError()
        )
        assert response.status_code == 503
        assert response["Content-Type"].startswith("text/html")

    @pytest.mark.django_db
    def test_a_session_that_cannot_be_saved_is_the_same(self, alice):
        browser = Client(raise_request_exception=False)
        with patch.object(SessionStore, "save", side_effect=OperationalError("database is locked")):
            response = browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        assert response.status_code == 503
        assert response["Retry-After"] == "5"

    @pytest.mark.django_db
    def test_a_signed_in_page_without_its_database_is_a_503(self, alice_client):
        alice_client.raise_request_exception = False
        with patch.object(SessionStore, "load", side_effect=OperationalError("database is locked")):
            assert alice_client.get("/tokens/").status_code == 503


class TestBodylessHead:
    def test_a_head_request_gets_the_headers_alone(self):
        def view(_: HttpRequest) -> HttpResponse:
            return HttpResponse(b"page", headers={"Content-Length": "4"})

        response = BodylessHeadMiddleware(view)(RequestFactory().head("/"))
        assert response.content == b""
        assert response["Content-Length"] == "4"
        assert BodylessHeadMiddleware(view)(RequestFactory().get("/")).content == b"page"


class TestPrivatePages:
    def test_a_page_is_not_stored_anywhere(self):
        response = PrivatePagesMiddleware(lambda _: HttpResponse())(RequestFactory().get("/"))
        assert response["Cache-Control"] == "no-store, private"

    def test_a_view_that_says_otherwise_is_left_alone(self):
        response = PrivatePagesMiddleware(lambda _: HttpResponse(headers={"Cache-Control": "max-age=60"}))(
            RequestFactory().get("/")
        )
        assert response["Cache-Control"] == "max-age=60"


class TestHtmxResponses:
    def process(self, response: HttpResponse, **headers: str) -> HttpResponse:
        return HtmxMiddleware(HtmxResponseMiddleware(lambda request: response))(RequestFactory().get("/", headers=headers))

    def test_htmx_gets_the_redirect_in_a_header_and_follows_nothing(self):
        response = self.process(HttpResponseRedirect("/tokens/"), **{"HX-Request": "true"})
        assert (response.status_code, response["HX-Redirect"]) == (200, "/tokens/")
        assert "Location" not in response

    def test_a_cookie_of_the_redirect_is_kept(self):
        redirect = HttpResponseRedirect("/tokens/")
        redirect.set_cookie("seen", "yes")
        assert self.process(redirect, **{"HX-Request": "true"}).cookies["seen"].value == "yes"

    def test_a_browser_is_redirected(self):
        assert self.process(HttpResponseRedirect("/tokens/"))["Location"] == "/tokens/"

    def test_vary_names_htmx_because_it_may_get_a_part(self):
        assert self.process(HttpResponse("<p>"))["Vary"] == "HX-Request"

    def test_a_response_that_is_no_page_does_not_vary(self):
        assert "Vary" not in self.process(HttpResponse("{}", content_type="application/json"))
