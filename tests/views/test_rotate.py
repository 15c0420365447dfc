"""The rotation page."""

import pytest

from tests.factories import issue
from tokens.models import AuditEvent, SecurityToken, TokenSecret

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotated(alice) -> SecurityToken:
    """A token of alice's."""
    return issue(alice, name="Roof").token


@pytest.fixture
def url(rotated) -> str:
    """Its rotation page."""
    return f"/tokens/{rotated.token_id}/rotate/"


class TestWhoMayRotate:
    def test_an_anonymous_visitor_signs_in_first(self, client, url):
        assert client.get(url)["Location"] == f"/accounts/login/?next={url}"
        assert client.post(url, {"grace": "none"}).status_code == 302
        assert TokenSecret.objects.count() == 1

    def test_a_stranger_gets_404(self, bob_client, url):
        for path in (url, f"{url}end/"):
            assert bob_client.post(path, {"grace": "none"}).status_code == 404
        assert bob_client.get(url).status_code == 404
        assert TokenSecret.objects.count() == 1

    def test_other_methods_are_not_allowed(self, alice_client, url):
        assert alice_client.delete(url).status_code == 405
        assert alice_client.get(f"{url}end/").status_code == 405


class TestRotating:
    def test_the_page_offers_every_grace_and_shows_what_works_now(self, alice_client, url):
        page = alice_client.get(url).content.decode()
        assert "Until the new one is first used" in page
        assert 'value="first-use" id="id_grace_1" checked' in page
        assert "Never used" in page

    def test_it_leads_to_the_new_secret_which_is_shown_once(self, alice_client, url, rotated):
        response = alice_client.post(url, {"grace": "24h"})
        assert response.status_code == 303
        assert response["Location"] == f"/tokens/{rotated.token_id}/secret/"
        assert "snts_" in alice_client.get(response["Location"]).content.decode()
        assert alice_client.get(response["Location"]).status_code == 410

    def test_without_a_choice_nothing_is_rotated(self, alice_client, url):
        for grace in ("", "forever"):
            assert alice_client.post(url, {"grace": grace}).status_code == 422
        assert TokenSecret.objects.count() == 1

    def test_sending_twice_leaves_the_secret_in_use_working(self, alice_client, url, rotated):
        first = rotated.secrets.get()
        for _ in range(2):
            alice_client.post(url, {"grace": "first-use"})
        assert TokenSecret.objects.filter(pk=first.pk).exists()
        assert rotated.secrets.count() == 2

    def test_too_many_secrets_are_an_error_of_the_form(self, alice_client, url, rotated):
        for _ in range(5):
            rotated.secrets.update(first_used_at="2026-01-01T00:00Z")
            response = alice_client.post(url, {"grace": "7d"})
        assert response.status_code == 422
        assert "End one of the old ones first" in response.content.decode()

    def test_the_old_ones_can_be_ended_now(self, alice_client, url, rotated):
        alice_client.post(url, {"grace": "7d"})
        response = alice_client.post(f"{url}end/")
        assert response["Location"] == f"/tokens/{rotated.token_id}/"
        assert rotated.secrets.count() == 1
        assert AuditEvent.objects.filter(action="token.secret_ended").exists()

    @pytest.mark.parametrize("chosen", ["x", "-1", "9" * 40, "\x00"])
    def test_an_invalid_choice_ends_nothing(self, alice_client, url, rotated, chosen):
        alice_client.post(url, {"grace": "7d"})
        assert alice_client.post(f"{url}end/", {"secret": chosen}).status_code == 404
        assert rotated.secrets.count() == 2
