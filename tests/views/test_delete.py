from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories import note_use
from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.models import AuditEvent, SecurityToken
from tokens.services.lifecycle import changes


class TestAccess(AccessRow):
    route, methods = "delete", ("GET", "POST")


def address(token):
    return f"/tokens/{token.token_id}/delete/"


class TestConfirmation:
    def test_a_get_request_deletes_nothing(self, alice_client, alice):
        token = make_token(alice)
        alice_client.get(address(token))
        assert SecurityToken.objects.filter(pk=token.pk).exists()

    def test_the_last_known_use_is_shown(self, alice_client, alice):
        token = make_token(alice)
        used = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
        note_use(token, at=used, address="192.0.2.1", client="R")
        html = alice_client.get(address(token)).content.decode()
        assert "04:05 UTC</span></time> from 192.0.2.1 by R" in html

    def test_never_used_is_shown(self, alice_client, alice):
        assert "Never, as far as the portal knows" in alice_client.get(address(make_token(alice))).content.decode()

    def test_disabling_is_offered_instead(self, alice_client, alice):
        assert "Disable instead" in alice_client.get(address(make_token(alice))).content.decode()

    def test_a_disabled_token_is_not_offered_what_it_has(self, alice_client, alice):
        assert "Disable instead" not in alice_client.get(address(make_token(alice, disabled=True))).content.decode()

    def test_a_dialog_gets_the_question_alone(self, alice_client, alice):
        part = alice_client.get(address(make_token(alice)), headers={"HX-Request": "true"}).content.decode()
        assert "Delete this token?" in part
        assert "<html" not in part


class TestConfirmingByName:
    """A token that may still be needed is deleted by typing its name or its identifier."""

    def ask(self, client, token, typed):
        return client.post(address(token), {"confirmation": typed})

    @pytest.mark.parametrize("typed", ["Roof", " Roof ", "{id}"])
    def test_the_name_or_the_identifier_deletes_it(self, alice_client, alice, typed):
        token = make_token(alice, name="Roof")
        assert self.ask(alice_client, token, typed.format(id=token.token_id)).status_code == 303
        assert not SecurityToken.objects.exists()

    @pytest.mark.parametrize("typed", ["", "roof", "Roof 2"])
    def test_anything_else_deletes_nothing(self, alice_client, alice, typed):
        token = make_token(alice, name="Roof")
        response = self.ask(alice_client, token, typed)
        assert response.status_code == 422
        assert "Nothing was deleted." in response.content.decode()
        assert SecurityToken.objects.filter(pk=token.pk).exists()

    def test_a_token_without_a_name_has_the_one_that_the_page_shows(self, alice_client, alice):
        token = make_token(alice, name="")
        assert self.ask(alice_client, token, token.display_name).status_code == 303

    def test_an_active_token_is_asked_for_even_if_it_was_never_used(self, alice_client, alice):
        assert 'name="confirmation"' in alice_client.get(address(make_token(alice))).content.decode()

    @pytest.mark.parametrize(("days", "is_asked"), [(29, True), (31, False)])
    def test_a_disabled_token_is_asked_for_while_its_use_is_recent(self, alice_client, alice, days, is_asked):
        token = make_token(alice, disabled=True)
        note_use(token, at=timezone.now() - timedelta(days=days))
        assert ('name="confirmation"' in alice_client.get(address(token)).content.decode()) is is_asked


class TestDeleting:
    def test_the_token_is_gone_and_the_trail_stays(self, alice_client, alice):
        token = make_token(alice)
        alice_client.post(address(token))
        assert not SecurityToken.objects.filter(pk=token.pk).exists()
        assert AuditEvent.objects.filter(token_id=token.token_id, action="token.deleted").count() == 1

    def test_the_owner_comes_back_to_the_page_of_the_list_that_they_came_from(self, alice_client, alice):
        html = alice_client.get(
            address(make_token(alice)), headers={"referer": "http://testserver/tokens/?data_page=2"}
        ).content.decode()
        assert 'name="next" value="/tokens/?data_page=2"' in html

    def test_the_next_page_is_kept_over_the_post(self, alice_client, alice):
        response = alice_client.post(address(make_token(alice)), {"next": "/tokens/?data_page=2"})
        assert (response.status_code, response["Location"]) == (303, "/tokens/?data_page=2")

    @pytest.mark.parametrize(
        "next_page", ["https://evil.example/tokens/", "//evil.example/tokens/", "/tokens/gone/", "/admin/", "http://["]
    )
    def test_any_other_address_leads_to_the_list(self, alice_client, alice, next_page):
        response = alice_client.post(
            address(make_token(alice)), {"next": next_page}, headers={"referer": "https://evil.example/tokens/"}
        )
        assert response["Location"] == "/tokens/"

    def test_deleting_twice_is_a_404(self, alice_client, alice, monkeypatch):
        def vanish(*_, **__):
            raise SecurityToken.DoesNotExist

        monkeypatch.setattr(changes, "delete_token", vanish)
        assert alice_client.post(address(make_token(alice))).status_code == 404
