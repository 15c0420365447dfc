import pytest
from django.contrib.messages import get_messages

from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.models import AuditEvent, SecurityToken
from tokens.services.lifecycle import changes


class TestAccess(AccessRow):
    route, methods, owner_status, data = "status", ("POST",), 303, {"status": "Disabled"}


def post(client, token, **data):
    return client.post(f"/tokens/{token.token_id}/status/", data)


class TestStatus:
    @pytest.mark.parametrize(("before", "chosen"), [(False, "Disabled"), (True, "Active")])
    def test_the_choice_is_stored(self, alice_client, alice, before, chosen):
        token = make_token(alice, disabled=before)
        post(alice_client, token, status=chosen)
        token.refresh_from_db()
        assert token.status == chosen

    def test_the_change_is_in_the_audit_trail_with_who_and_from_where(self, alice_client, alice):
        token = make_token(alice)
        post(alice_client, token, status="Disabled")
        event = AuditEvent.objects.about(token).first()
        assert (event.action, event.actor_label, event.address) == ("token.status", alice.email, "127.0.0.1")

    def test_the_owner_gets_a_message(self, alice_client, alice):
        response = post(alice_client, make_token(alice, name="Roof"), status="Disabled")
        assert [str(message) for message in get_messages(response.wsgi_request)] == [
            "“Roof” is disabled. Its requests are refused from now on."
        ]

    def test_a_name_with_braces_is_shown_unchanged(self, alice_client, alice):
        response = post(alice_client, make_token(alice, name="{name}{0}"), status="Active")
        assert [str(message) for message in get_messages(response.wsgi_request)] == ["“{name}{0}” was enabled already."]

    @pytest.mark.parametrize("status", ["", "Broken", "active", "<script>", "x" * 100_000, "\0"])
    def test_an_invalid_status_is_refused_by_name_and_changes_nothing(self, alice_client, alice, status):
        token = make_token(alice)
        response = post(alice_client, token, status=status)
        assert response.status_code == 400
        assert "is not a status. Choose Active or Disabled." in response.content.decode()
        token.refresh_from_db()
        assert token.status == SecurityToken.Status.ACTIVE

    def test_a_token_deleted_meanwhile_is_a_404(self, alice_client, alice, monkeypatch):
        def vanish(*_, **__):
            raise SecurityToken.DoesNotExist

        monkeypatch.setattr(changes, "set_status", vanish)
        assert post(alice_client, make_token(alice), status="Disabled").status_code == 404


class TestWayBack:
    def test_the_owner_comes_back_to_the_page_of_the_list(self, alice_client, alice):
        response = post(alice_client, make_token(alice), status="Disabled", next="/tokens/?data_page=2")
        assert response["Location"] == "/tokens/?data_page=2"

    @pytest.mark.parametrize("address", ["", "https://evil.example/", "//evil.example/", "javascript:x", "/\\evil.example"])
    def test_no_address_leads_away_from_the_portal(self, alice_client, alice, address):
        token = make_token(alice)
        response = post(alice_client, token, status="Disabled", next=address)
        assert response["Location"] == f"/tokens/{token.token_id}/"
