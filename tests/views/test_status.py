import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from tests.factories import note_use
from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.domain.policies.policy import Policy
from tokens.models import AuditEvent, SecurityToken
from tokens.services.lifecycle import changes

USED = datetime(2026, 2, 3, 12, 3, tzinfo=UTC)


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

    @pytest.mark.parametrize(
        ("used", "last_use"),
        [
            ({}, "It was never used."),
            ({"at": USED}, "It was last used on 3 Feb 2026 12:03 UTC."),
            (
                {"at": USED, "address": "192.0.2.17"},
                "It was last used on 3 Feb 2026 12:03 UTC from 192.0.2.17.",
            ),
        ],
    )
    def test_the_owner_gets_a_message_with_the_last_use(self, alice_client, alice, used, last_use):
        token = make_token(alice, name="Roof")
        if used:
            note_use(token, **used)
        response = post(alice_client, token, status="Disabled")
        assert [str(message) for message in get_messages(response.wsgi_request)] == [
            f"“Roof” is disabled. Its requests are refused from now on. {last_use}"
        ]

    def test_enabling_what_is_expired_warns(self, alice_client, alice):
        past = timezone.now() - timedelta(days=3)
        policy = Policy(not_after=int(past.timestamp() * 1000) + 1000)
        response = post(alice_client, make_token(alice, name="Roof", policy=policy, now=past, disabled=True), status="Active")
        assert [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)] == [
            ("warning", "“Roof” is enabled, but expired: every request is refused until you give it a later expiry date.")
        ]

    def test_a_name_with_braces_is_shown_unchanged(self, alice_client, alice):
        response = post(alice_client, make_token(alice, name="{name}{0}"), status="Active")
        assert [str(message) for message in get_messages(response.wsgi_request)] == ["“{name}{0}” was already enabled."]

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


def told(html: str) -> list[str]:
    return re.findall(r"<p>(“Roof”[^<]*)</p>\s*(?:<button[^>]*>([^<]*)</button>)?", html)


class TestTheMessage:
    @pytest.mark.parametrize("chosen", ["Disabled", "Active"])
    @pytest.mark.parametrize("page", ["list", "detail"])
    def test_enable_again_is_offered_after_disabling_only(self, alice_client, alice, page, chosen):
        token = make_token(alice, name="Roof", disabled=chosen == "Active")
        post(alice_client, token, status=chosen, next="/tokens/" if page == "list" else "")
        html = alice_client.get("/tokens/" if page == "list" else f"/tokens/{token.token_id}/").content.decode()
        assert [button for _, button in told(html)] == ["Enable again" if chosen == "Disabled" else ""]

    def test_in_the_list_it_stands_in_the_group_of_its_row(self, alice_client, alice):
        tokens = [make_token(alice, name=name) for name in ("Barn", "Roof", "Shed")]
        post(alice_client, tokens[1], status="Disabled", next="/tokens/")
        groups = re.findall(r'<tbody [^>]*id="token-([^"]+)">(.*?)</tbody>', alice_client.get("/tokens/").content.decode(), re.S)
        assert [token_id for token_id, html in groups if told(html)] == [tokens[1].token_id]

    def test_it_is_shown_once(self, alice_client, alice):
        post(alice_client, make_token(alice, name="Roof"), status="Disabled")
        assert told(alice_client.get("/tokens/").content.decode())
        assert not told(alice_client.get("/tokens/").content.decode())

    def test_about_a_token_of_another_page_it_stands_above_the_list(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        for _ in range(25):
            make_token(alice)
        post(alice_client, token, status="Disabled", next="/tokens/")
        html = alice_client.get("/tokens/").content.decode()
        assert told(html[: html.index("<main")])[0][1] == "Enable again"

    def test_what_the_button_sends_enables(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        post(alice_client, token, status="Disabled", next="/tokens/")
        html = alice_client.get("/tokens/").content.decode()
        button = re.search(r'form="row-action" formaction="([^"]+)" name="(\w+)" value="(\w+)"[^>]*>Enable again', html)
        alice_client.post(button[1], {button[2]: button[3]})
        token.refresh_from_db()
        assert token.status == "Active"


class TestWithHtmx:
    def send(self, client, token, target: str, **data):
        return client.post(f"/tokens/{token.token_id}/status/", data, headers={"HX-Request": "true", "HX-Target": target})

    def test_a_row_gets_itself_back_with_the_message_in_it(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        response = self.send(alice_client, token, f"token-{token.token_id}", status="Disabled", next="/tokens/")
        html = response.content.decode().strip()
        assert response.status_code == 200
        assert html.startswith(f'<tbody role="rowgroup" class="token-group" id="token-{token.token_id}">')
        assert 'data-status="Disabled"' in html
        assert told(html)[0][1] == "Enable again"

    def test_the_message_is_not_told_again_on_the_next_page(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        self.send(alice_client, token, f"token-{token.token_id}", status="Disabled")
        assert not told(alice_client.get("/tokens/").content.decode())

    def test_anything_else_is_led_to_the_row(self, alice_client, alice):
        token = make_token(alice)
        response = self.send(alice_client, token, "", status="Disabled", next="/tokens/")
        assert response["HX-Redirect"] == f"/tokens/#token-{token.token_id}"


class TestWayBack:
    def test_the_owner_comes_back_to_the_row_on_the_page_of_the_list(self, alice_client, alice):
        token = make_token(alice)
        response = post(alice_client, token, status="Disabled", next="/tokens/?data_page=2#user-tokens")
        assert response["Location"] == f"/tokens/?data_page=2#token-{token.token_id}"

    def test_another_page_of_the_portal_is_returned_to_as_it_is(self, alice_client, alice):
        assert post(alice_client, make_token(alice), status="Disabled", next="/api/docs/")["Location"] == "/api/docs/"

    @pytest.mark.parametrize("address", ["", "https://evil.example/", "//evil.example/", "javascript:x", "/\\evil.example"])
    def test_no_address_leads_away_from_the_portal(self, alice_client, alice, address):
        token = make_token(alice)
        response = post(alice_client, token, status="Disabled", next=address)
        assert response["Location"] == f"/tokens/{token.token_id}/"
