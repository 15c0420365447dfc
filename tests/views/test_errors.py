import json

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from solarnet_portal import error_views
from tokens.web.unavailable import unavailable_response


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_an_error_page_needs_neither_request_nor_database(status):
    html = render_to_string(f"{status}.html")
    assert f'<p class="error-page__code">{status}</p>' in html
    assert "/tokens/" in html


@pytest.mark.django_db
def test_an_unknown_address_is_a_page_that_helps(client):
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (error_views.bad_request, 400),
        (error_views.permission_denied, 403),
        (error_views.page_not_found, 404),
        (error_views.server_error, 500),
    ],
)
class TestHandlers:
    def test_people_get_a_page(self, view, status):
        response = view(RequestFactory().get("/x/"))
        assert response.status_code == status
        assert "<h1>" in response.content.decode()

    def test_programs_get_the_envelope(self, view, status):
        response = view(RequestFactory().get("/solaruser/x"))
        assert response.status_code == status
        assert json.loads(response.content)["success"] is False


class TestForgedForm:
    @pytest.mark.django_db
    def test_it_is_explained(self):
        response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
        assert response.status_code == 403
        assert "This form can no longer be sent" in response.content.decode()

    def test_programs_get_the_envelope(self):
        assert json.loads(error_views.csrf_failure(RequestFactory().post("/authorize")).content)["code"] == "FORBIDDEN"


class TestUnavailableDatabase:
    def test_the_page_does_not_query_it_again(self, alice_client, monkeypatch):
        def fail(*_, **__):
            raise OperationalError("away")

        monkeypatch.setattr("tokens.views.lists.listing.load_page", fail)
        response = alice_client.get("/tokens/")
        assert response.status_code == 503
        assert response["Retry-After"] == "5"

    def test_a_failure_is_a_500_page(self, alice_client, monkeypatch):
        def fail(*_, **__):
            raise RuntimeError("broken")

        monkeypatch.setattr("tokens.views.lists.listing.load_page", fail)
        alice_client.raise_request_exception = False
        response = alice_client.get("/tokens/")
        assert response.status_code == 500
        assert "broken" not in response.content.decode()


MENU = 'id="account-menu"'


class TestTheMenuOfTheAccount:
    """It stays on error pages, wherever it is known who is signed in."""

    def test_an_unknown_address_keeps_it(self, alice_client):
        assert MENU in alice_client.get("/nothing/here/").content.decode()

    def test_a_visitor_has_none(self, client, db):
        assert MENU not in client.get("/nothing/here/").content.decode()

    def test_a_forged_form_keeps_it(self, alice):
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)
        response = client.post("/accounts/logout/", {})
        assert (response.status_code, MENU in response.content.decode()) == (403, True)

    @pytest.mark.parametrize(("error", "status"), [(RuntimeError, 500), (OperationalError, 503)])
    def test_a_failing_page_keeps_it(self, alice_client, monkeypatch, error, status):
        def fail(*_, **__):
            raise error("broken")

        monkeypatch.setattr("tokens.views.lists.listing.load_page", fail)
        alice_client.raise_request_exception = False
        response = alice_client.get("/tokens/")
        assert (response.status_code, MENU in response.content.decode()) == (status, True)

    @pytest.mark.parametrize("view", [error_views.server_error, unavailable_response])
    def test_a_failing_page_does_not_read_the_account(self, alice, view, django_assert_num_queries):
        request = RequestFactory().get("/tokens/")
        request.user = SimpleLazyObject(lambda: User.objects.get(pk=alice.pk))
        with django_assert_num_queries(0):
            assert MENU not in view(request).content.decode()


@pytest.mark.django_db
def test_every_page_has_a_description(client):
    assert '<meta name="description" content="Create security tokens' in client.get("/accounts/login/").content.decode()
