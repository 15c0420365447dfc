from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories import issue
from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.models import AuditEvent, SecurityToken, TokenSecret
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle import changes, rotation
from tokens.services.lifecycle.issuing import Draft

ACTOR = Actor(label="alice@example.org")
BROKEN_DETAIL = {"before": 1, "after": {"policy": 7}, "grace": "?", "old_ends": "?", "policy": []}


class TestAccess(AccessRow):
    route, methods = "detail", ("GET",)


class TestFirstUseAccess(AccessRow):
    route, methods = "first-use", ("GET",)


def page(client, token, query=""):
    response = client.get(f"/tokens/{token.token_id}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def refuse(token, at, *, label=""):
    """Write a refusal to the audit trail, as judging does."""
    actor = Actor(label=label or f"token {token.token_id}")
    audit.record(Action.REFUSED, actor=actor, at=at, token=token, message="The API path is not allowed.")


class TestPolicy:
    def test_it_is_shown_in_words(self, alice_client, alice):
        html = page(alice_client, make_token(alice, policy=Policy(node_ids=(101,))))
        assert "Reads all data, raw data too, of node 101 (Roof), and never expires." in html

    def test_what_is_not_set_says_what_that_means(self, alice_client, alice):
        assert "Source IDs (every source)" in page(alice_client, make_token(alice))

    def test_a_user_token_does_not_mention_what_it_cannot_carry(self, alice_client, alice):
        assert "Source IDs" not in page(alice_client, make_token(alice, type=TokenType.USER))

    def test_it_is_shown_as_json(self, alice_client, alice):
        html = page(alice_client, make_token(alice, policy=Policy(source_ids=("/a&b",))))
        assert "&quot;sourceIds&quot;: [\n    &quot;/a&amp;b&quot;" in html

    def test_nodes_that_have_left_the_account_are_shown(self, alice_client, alice):
        token = make_token(alice, policy=Policy(node_ids=(101, 102)))
        alice.nodes.filter(node_id=102).delete()
        assert "the token cannot reach them: 102." in page(alice_client, token)

    @pytest.mark.parametrize("stored", [{"nodeIds": "broken"}, {"unknown": 1}, []])
    def test_one_that_cannot_be_read_is_an_alarm(self, alice_client, alice, stored):
        token = make_token(alice)
        SecurityToken.objects.filter(pk=token.pk).update(policy=stored)
        assert "The stored policy of this token cannot be read" in page(alice_client, token)


class TestExpiringSoon:
    def test_the_status_and_the_policy_say_when(self, alice_client, alice, noon):
        last_day = (noon + timedelta(days=1)).date()
        html = page(alice_client, make_token(alice, policy=Policy(not_after=last_instant_of(last_day))))
        assert (
            f'Active</span> <time class="badge" data-level="warning" datetime="{last_day} 23:59:59.999Z">Expires in 1 day</time>'
            in html
        )
        assert "It expires in 1 day: its last instant is" in html

    def test_later_it_says_nothing(self, alice_client, alice, noon):
        last_day = (noon + timedelta(days=31)).date()
        assert "badge" not in page(alice_client, make_token(alice, policy=Policy(not_after=last_instant_of(last_day))))


class TestFirstUse:
    def test_it_waits_and_polls_until_the_first_request(self, alice_client, alice):
        html = page(alice_client, make_token(alice), "first-use/")
        assert "Waiting for the first request" in html
        assert 'hx-trigger="every 5s"' in html

    def test_after_an_accepted_request_it_shows_when_and_stops_polling(self, alice_client, alice):
        token = make_token(alice)
        used = datetime(2026, 2, 3, 12, 3, tzinfo=UTC)
        TokenSecret.objects.filter(token=token).update(first_used_at=used, last_used_at=used)
        response = alice_client.get(f"/tokens/{token.token_id}/first-use/")
        assert response.status_code == 286
        html = response.content.decode()
        assert 'Last accepted</strong> <time class="time" datetime="2026-02-03 12:03:00.000Z"' in html
        assert "hx-get" not in html

    def test_a_refusal_after_the_last_accepted_request_gives_its_reason_and_waits(self, alice_client, alice):
        token = make_token(alice)
        now = timezone.now()
        TokenSecret.objects.filter(token=token).update(first_used_at=now, last_used_at=now)
        refuse(token, now + timedelta(seconds=1))
        html = page(alice_client, token, "first-use/")
        assert "Refused: <span" in html
        assert "The API path is not allowed." in html
        assert "Last accepted" in html
        assert "hx-get" in html

    def test_a_refusal_before_the_last_accepted_request_is_over(self, alice_client, alice):
        token = make_token(alice)
        now = timezone.now()
        refuse(token, now)
        TokenSecret.objects.filter(token=token).update(first_used_at=now, last_used_at=now + timedelta(seconds=1))
        assert "Refused" not in alice_client.get(f"/tokens/{token.token_id}/first-use/").content.decode()

    @pytest.mark.parametrize("label", ["third party, for token {}", "alice@example.org"])
    def test_what_somebody_else_was_refused_is_not_the_holders(self, alice_client, alice, label):
        token = make_token(alice)
        refuse(token, timezone.now() + timedelta(seconds=1), label=label.format(token.token_id))
        assert "Waiting for the first request" in page(alice_client, token, "first-use/")

    def test_a_data_call_that_the_portal_could_not_answer_is_not_said_to_have_worked(self, alice_client, alice, client):
        issued = issue(alice)
        path = "/solarquery/api/v1/sec/datum/list"
        request = SignedRequest("GET", path, "", (("host", "testserver"),), b"")
        headers = signature_headers(request, token_id=issued.token.token_id, now=timezone.now(), secret=issued.value)
        assert client.get(path, headers={"host": "testserver", **dict(headers)}).status_code == 404
        html = page(alice_client, issued.token)
        assert "Last accepted" in html
        assert "What a service answered is not known here." in html

    def test_a_disabled_token_does_not_wait(self, alice_client, alice):
        token = make_token(alice, disabled=True)
        assert alice_client.get(f"/tokens/{token.token_id}/first-use/").status_code == 286


class TestPrivatePasswords:
    def test_the_secret_is_not_on_the_page(self, alice_client, alice):
        issued = issue(alice)
        assert issued.value not in page(alice_client, issued.token)

    def test_a_rotation_shows_which_was_used_last_by_whom_and_when_the_old_one_ends(self, alice_client, alice):
        issued = issue(alice)
        now = timezone.now()
        TokenSecret.objects.filter(token=issued.token).update(
            first_used_at=now, last_used_at=now, last_used_address="192.0.2.9", last_used_client="R (4.3)"
        )
        rotation.rotate(issued.token, rotation.Grace.WEEK, actor=ACTOR, now=now)
        html = page(alice_client, issued.token)
        assert "The old one was used last." in html
        assert "from 192.0.2.9 by R (4.3)" in html
        assert f"{now + timedelta(days=7):%-d %b %Y}" in html

    def test_the_old_one_can_be_ended_from_here(self, alice_client, alice):
        token = make_token(alice)
        rotation.rotate(token, rotation.Grace.WEEK, actor=ACTOR, now=timezone.now())
        html = page(alice_client, token)
        assert "End it now" in html
        old = TokenSecret.objects.get(token=token, ends_at__isnull=False)
        alice_client.post(f"/tokens/{token.token_id}/rotate/end/", {"secret": old.pk})
        assert "End it now" not in page(alice_client, token)

    def test_a_token_without_any_shows_how_to_get_one(self, alice_client, alice):
        token = make_token(alice)
        TokenSecret.objects.filter(token=token).delete()
        assert "No private password works." in page(alice_client, token)


class TestActivity:
    def test_an_edit_shows_before_and_after(self, alice_client, alice):
        token = make_token(alice, name="Roof", policy=Policy(node_ids=(101,)))
        draft = Draft(name="Barn", policy=Policy(node_ids=(101, 102)))
        changes.edit_token(token, draft, actor=ACTOR, now=timezone.now())
        html = page(alice_client, token)
        assert "Name: “Roof” → “Barn”" in html
        assert "Gains – Node IDs: 102 added" in html

    def test_a_policy_that_allows_more_says_so_at_the_top(self, alice_client, alice):
        token = make_token(alice, policy=Policy(node_ids=(101, 102)))
        changes.replace_policy(token, Policy(node_ids=(101,)), actor=ACTOR, now=timezone.now())
        assert "became wider" not in page(alice_client, token)
        changes.replace_policy(token, Policy(), actor=ACTOR, now=timezone.now())
        assert "<strong>Edited, became wider</strong>" in page(alice_client, token)

    def test_a_refusal_names_what_decided_and_links_to_the_field(self, alice_client, alice):
        token = make_token(alice)
        detail = {
            "code": "X",
            "rule": "nodeIds",
            "entry": "101",
            "value": "102",
            "message": "No node.",
            "method": "GET",
            "path": "/p",
        }
        audit.record(Action.REFUSED, actor=Actor(label="token", address="192.0.2.1"), at=timezone.now(), token=token, **detail)
        html = page(alice_client, token)
        for fact in ("No node.", "Node IDs", "<code>101</code>", "<code>102</code>", "192.0.2.1", "GET /p"):
            assert fact in html
        assert f'href="/tokens/{token.token_id}/edit/#id_node_ids"' in html

    @pytest.mark.parametrize("action", [*Action, "future.action"])
    @pytest.mark.parametrize("detail", [{}, [1], BROKEN_DETAIL])
    def test_no_entry_breaks_the_page(self, alice_client, alice, action, detail):
        token = make_token(alice)
        AuditEvent.objects.create(action=str(action), token_id=token.token_id, owner=alice, actor_label="x", detail=detail)
        assert page(alice_client, token).count('class="activity__entry"') == 2

    def test_it_is_paginated(self, alice_client, alice):
        token = make_token(alice)
        for _ in range(26):
            audit.record(Action.SHOWN, actor=ACTOR, at=timezone.now(), token=token)
        assert "?activity_page=2#activity" in page(alice_client, token)
        assert page(alice_client, token, "?activity_page=99999999999999999999").count('class="activity__entry"') == 2

    def test_another_account_s_events_of_the_same_identifier_are_not_shown(self, alice_client, alice, bob):
        token = make_token(alice)
        AuditEvent.objects.create(action="token.shown", token_id=token.token_id, owner=bob, actor_label="bob@example.org")
        assert "bob@example.org" not in page(alice_client, token)

    def test_the_queries_do_not_grow_with_it(self, alice_client, alice, django_assert_num_queries):
        token = make_token(alice, policy=Policy(node_ids=(101,)))
        for _ in range(20):
            audit.record(Action.SHOWN, actor=ACTOR, at=timezone.now(), token=token)
        with django_assert_num_queries(11):
            html = page(alice_client, token)
        assert html.count('class="activity__entry"') == 21


class TestSnippets:
    def test_one_for_each_language_and_scheme_is_on_the_page(self, alice_client, alice):
        html = page(alice_client, make_token(alice))
        for part in ("x-sn-date:%s", "urllib.request", "AuthorizationV2Builder", "snws3_request | hmac", "createHmac"):
            assert part in html

    def test_without_a_service_address_nothing_requests_data(self, alice_client, alice):
        html = page(alice_client, make_token(alice))
        assert "http://testserver/solaruser/api/v1/sec/whoami" in html
        assert "The portal does not know where your data is." in html
        assert "/solarquery/" not in html

    def test_with_one_data_is_requested_there(self, alice_client, alice, settings):
        settings.SERVICE_URL = "https://data.example.org"
        html = page(alice_client, make_token(alice))
        assert "https://data.example.org/solarquery/api/v1/sec/datum/list" in html
        assert "The portal does not know where your data is." not in html

    def test_a_user_token_lists_the_tokens_of_its_account(self, alice_client, alice):
        html = page(alice_client, make_token(alice, type=TokenType.USER))
        assert "http://testserver/solaruser/api/v1/sec/user/auth-tokens" in html
        assert "The portal does not know where your data is." not in html

    def test_a_token_that_message_signatures_cannot_name_gets_no_choice(self, alice_client, alice):
        made = make_token(alice)
        SecurityToken.objects.filter(pk=made.pk).update(token_id="a:b")
        made.refresh_from_db()
        html = page(alice_client, made)
        assert "AuthorizationV2Builder" in html
        assert 'name="snippets-scheme"' not in html
        assert "SNWS3" not in html
