"""What the edges read of a request besides its headers and body: scheme, query, and the development server's quirk."""

import pytest
from django.test import RequestFactory

from tokens.gateway import read_original_request
from tokens.web.proxies import FROM_TRUSTED_PROXY
from tokens.web.signed_requests import read_signed_request


def to_portal(uri="/a", **meta):
    return read_signed_request(RequestFactory().get(uri, **{"RAW_URI": uri, **meta}))


def through_gateway(uri="/a", **meta):
    forwarded = {"HTTP_X_FORWARDED_METHOD": "GET", "HTTP_X_FORWARDED_HOST": "data.example.org", "HTTP_X_FORWARDED_URI": uri}
    return read_original_request(RequestFactory().get("/authorize", **forwarded, **meta))


@pytest.mark.parametrize("read", [to_portal, through_gateway])
class TestQuery:
    @pytest.mark.parametrize(
        ("uri", "query", "has_query"), [("/a", "", False), ("/a?", "", True), ("/a?b=%20c", "b=%20c", True), ("/a??", "?", True)]
    )
    def test_a_question_mark_alone_is_told_from_no_query(self, read, uri, query, has_query):
        request = read(uri)
        assert (request.query, request.has_query) == (query, has_query)


class TestSchemeAtThePortal:
    @pytest.mark.parametrize(("wsgi", "expected"), [("http", "http"), ("https", "https")])
    def test_is_the_connections_own(self, wsgi, expected):
        assert to_portal(**{"wsgi.url_scheme": wsgi}).scheme == expected

    @pytest.mark.parametrize(("forwarded", "expected"), [("https", "https"), ("http", "http"), ("wss", ""), ("", "")])
    def test_is_what_a_trusted_proxy_says(self, forwarded, expected):
        assert to_portal(**{FROM_TRUSTED_PROXY: True}, HTTP_X_FORWARDED_PROTO=forwarded).scheme == expected

    def test_is_not_known_where_a_trusted_proxy_says_nothing(self):
        assert to_portal(**{FROM_TRUSTED_PROXY: True}).scheme == ""

    def test_is_not_what_anybody_else_says(self):
        assert to_portal(HTTP_X_FORWARDED_PROTO="https").scheme == "http"


class TestSchemeAtTheGateway:
    @pytest.mark.parametrize(("forwarded", "expected"), [("https", "https"), ("http", "http"), ("wss", ""), ("", "")])
    def test_is_what_the_proxy_says(self, forwarded, expected):
        assert through_gateway(HTTP_X_FORWARDED_PROTO=forwarded).scheme == expected

    def test_is_not_known_where_the_proxy_says_nothing(self):
        assert through_gateway().scheme == ""


class TestDevelopmentServersType:
    @pytest.mark.parametrize(
        ("signature_input", "expected"), [('sn=("@method");created=1', ()), ('sn=("content-type");created=1', ("text/plain",))]
    )
    def test_counts_only_if_it_is_covered(self, signature_input, expected):
        request = to_portal(SERVER_SOFTWARE="WSGIServer/0.2", CONTENT_TYPE="text/plain", HTTP_SIGNATURE_INPUT=signature_input)
        assert request.header_values("content-type") == expected
