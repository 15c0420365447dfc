"""One act on several tokens: asked about first, and then done to all of them or to none."""

import pytest

from tests.factories import token as make_token
from tokens.models import AuditEvent, SecurityToken

BULK = "/tokens/bulk/"


@pytest.fixture
def two(alice):
    return [make_token(alice, name="Roof"), make_token(alice, name="Barn", disabled=True)]


def send(client, action, tokens, **more):
    return client.post(BULK, {"action": action, "token": [getattr(one, "token_id", one) for one in tokens], **more})


def statuses():
    return list(SecurityToken.objects.order_by("pk").values_list("status", flat=True))


class TestAsking:
    def test_shows_each_token_and_changes_nothing(self, alice_client, two):
        response = send(alice_client, "disable", two)
        assert response.status_code == 200
        assert all(one.token_id in response.content.decode() for one in two)
        assert statuses() == ["Active", "Disabled"]

    def test_says_how_many_may_be_needed(self, alice_client, two):
        assert "1 of them is active" in send(alice_client, "delete", two).content.decode()

    @pytest.mark.parametrize(
        ("action", "tokens"), [("disable", []), ("explode", ["x"]), ("disable", [f"x{n}" for n in range(501)])]
    )
    def test_what_cannot_be_done_is_told_on_the_list(self, alice_client, action, tokens):
        response = alice_client.post(BULK, {"action": action, "token": tokens}, follow=True)
        assert "Nothing was changed." in response.content.decode()

    def test_comes_back_to_the_view_it_was_chosen_in(self, alice_client, two):
        html = send(alice_client, "enable", two, next="/tokens/?q=o&sort=name").content.decode()
        assert 'href="/tokens/?q=o&amp;sort=name"' in html


class TestActing:
    def test_disables_all(self, alice_client, two):
        response = send(alice_client, "disable", two, confirm="1")
        assert response.status_code == 303
        assert statuses() == ["Disabled", "Disabled"]

    def test_enables_all(self, alice_client, two):
        send(alice_client, "enable", two, confirm="1")
        assert statuses() == ["Active", "Active"]

    def test_tells_how_many_already_were(self, alice_client, two):
        response = alice_client.post(
            BULK, {"action": "disable", "token": [one.token_id for one in two], "confirm": "1"}, follow=True
        )
        assert "1 token disabled. 1 already was." in response.content.decode()

    def test_deletes_all_when_the_number_is_typed(self, alice_client, two):
        send(alice_client, "delete", two, confirm="1", confirmation="2")
        assert not SecurityToken.objects.exists()

    @pytest.mark.parametrize("typed", ["", "1", "two"])
    def test_deletes_nothing_when_another_number_is_typed(self, alice_client, two, typed):
        assert send(alice_client, "delete", two, confirm="1", confirmation=typed).status_code == 422
        assert SecurityToken.objects.count() == 2

    def test_writes_an_entry_for_each_change(self, alice_client, two):
        send(alice_client, "delete", two, confirm="1", confirmation="2")
        assert AuditEvent.objects.filter(action="token.deleted").count() == 2


class TestAllOrNothing:
    @pytest.mark.parametrize("confirm", [{}, {"confirm": "1"}])
    def test_another_account_s_token_is_as_unknown_as_any(self, alice_client, two, bob, confirm):
        foreign = make_token(bob, name="Bob's")
        answers = [send(alice_client, "disable", [*two, other], **confirm) for other in (foreign, "x" * 20)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert statuses() == ["Active", "Disabled", "Active"]

    def test_one_that_fails_undoes_the_others(self, alice_client, two, monkeypatch):
        from tokens.services.lifecycle import changes

        act = changes.delete_token

        def fail_for_the_second(token, **kwargs):
            if token.pk == two[1].pk:
                raise SecurityToken.DoesNotExist
            act(token, **kwargs)

        monkeypatch.setattr("tokens.services.lifecycle.changes.delete_token", fail_for_the_second)
        assert send(alice_client, "delete", two, confirm="1", confirmation="2").status_code == 404
        assert SecurityToken.objects.count() == 2


class TestAccess:
    def test_an_identifier_that_no_database_can_look_for_is_not_there(self, alice_client):
        assert alice_client.post(BULK, {"action": "disable", "token": "a\0b"}).status_code == 404

    def test_only_posting_is_allowed(self, alice_client):
        assert alice_client.get(BULK).status_code == 405

    def test_a_visitor_is_redirected_to_sign_in(self, client, two):
        assert send(client, "disable", two).status_code == 302
