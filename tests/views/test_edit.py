"""The edit page."""

import re
from datetime import date

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from tests.factories import token
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, SecurityToken
from tokens.services.audit import Actor
from tokens.services.lifecycle import changes
from tokens.services.lifecycle.issuing import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(alice) -> SecurityToken:
    """A token of alice's for node 101 and two sources."""
    return token(alice, name="Roof", policy=Policy(node_ids=(101,), source_ids=("a", "b")))


@pytest.fixture
def url(edited) -> str:
    """Its edit page."""
    return f"/tokens/{edited.token_id}/edit/"


def filled(**changes) -> dict[str, object]:
    same = {"name": "Roof", "description": "", "node_ids": ["101"], "source_ids": "a\nb", "api_paths": "", "not_after": ""}
    return {**same, "min_aggregation": "None", "node_metadata_paths": "", "user_metadata_paths": "", **changes}


class TestWhoMayEdit:
    def test_an_anonymous_visitor_signs_in_first(self, client, url):
        assert client.get(url)["Location"] == f"/accounts/login/?next={url}"

    def test_the_owner_sees_what_is_stored(self, alice_client, url):
        page = alice_client.get(url).content.decode()
        assert 'value="Roof"' in page
        assert 'value="101" id="id_node_ids_0" checked' in page
        assert ">\na\nb</textarea>" in page

    def test_a_stranger_gets_404(self, bob_client, url):
        assert bob_client.get(url).status_code == 404
        assert bob_client.post(url, filled(name="Mine")).status_code == 404
        assert SecurityToken.objects.get().name == "Roof"

    def test_other_methods_are_not_allowed(self, alice_client, url):
        assert alice_client.delete(url).status_code == 405


class TestSaving:
    def test_a_plain_post_saves_and_says_so(self, alice_client, url, edited):
        response = alice_client.post(url, filled(name="Barn", source_ids="a"))
        edited.refresh_from_db()
        assert response.status_code == 303
        assert (edited.name, edited.policy) == ("Barn", {"nodeIds": [101], "sourceIds": ["a"]})
        assert "was changed" in str(next(iter(response.wsgi_request._messages)))

    def test_it_is_in_the_audit_trail_with_before_and_after(self, alice_client, url):
        alice_client.post(url, filled(name="Barn"))
        event = AuditEvent.objects.filter(action="token.edited").get()
        assert event.detail == {"before": {"name": "Roof"}, "after": {"name": "Barn"}}

    def test_no_change_leaves_no_trace(self, alice_client, url):
        response = alice_client.post(url, filled())
        assert response.status_code == 303
        assert not AuditEvent.objects.filter(action="token.edited").exists()

    def test_the_owner_goes_back_to_where_they_were(self, alice_client, url):
        assert alice_client.post(url, filled(next="/tokens/?page=2"))["Location"] == "/tokens/?page=2"

    def test_nobody_is_sent_to_another_host(self, alice_client, url, edited):
        assert alice_client.post(url, filled(next="https://evil.example/"))["Location"] == f"/tokens/{edited.token_id}/"

    def test_what_the_form_does_not_send_stays(self, alice_client, url, edited):
        alice_client.post(url, {"name": "Barn"})
        edited.refresh_from_db()
        assert edited.policy == {"nodeIds": [101], "sourceIds": ["a", "b"]}

    def test_errors_keep_what_was_typed_and_save_nothing(self, alice_client, url, edited):
        response = alice_client.post(url, filled(name="Kept", source_ids="x" * 65))
        assert response.status_code == 422
        assert 'value="Kept"' in response.content.decode()
        edited.refresh_from_db()
        assert edited.name == "Roof"

    def test_a_foreign_node_is_refused(self, alice_client, bob, url):
        response = alice_client.post(url, filled(node_ids=["101", "201"]))
        assert response.status_code == 422
        assert "Node 201 is not a node of this account" in response.content.decode()

    def test_the_type_cannot_change(self, alice, alice_client):
        user_token = token(alice, type=TokenType.USER)
        response = alice_client.post(f"/tokens/{user_token.token_id}/edit/", {"type": "ReadNodeData", "source_ids": "a"})
        assert response.status_code == 422
        user_token.refresh_from_db()
        assert user_token.type == "User"


class TestTheReview:
    def test_a_change_of_policy_is_shown_before_it_is_saved(self, alice_client, url, edited):
        response = alice_client.post(url, filled(node_ids=["101", "102"], source_ids="a", review="1"))
        page = strip_tags(response.content.decode())
        assert response.status_code == 200
        assert page.count("Node IDs: 102 added") == 1
        assert page.count("Source IDs: b removed") == 1
        edited.refresh_from_db()
        assert edited.policy == {"nodeIds": [101], "sourceIds": ["a", "b"]}

    def test_the_new_sentence_is_shown_once(self, alice_client, url):
        page = strip_tags(alice_client.post(url, filled(source_ids="a", review="1")).content.decode())
        assert page.count("of node 101 (Roof), source a only, and never expires.") == 1

    @pytest.mark.parametrize(
        ("changes", "group"),
        [
            ({"source_ids": "a"}, "node-source-ids"),
            ({"name": "Barn", "api_paths": "/datum/**"}, "api-paths"),
            ({"refresh_allowed": "on"}, "expiry"),
            ({"min_aggregation": "Hour", "user_metadata_paths": "/m/x"}, "aggregate"),
        ],
    )
    def test_it_opens_the_first_group_with_a_changed_restriction(self, alice_client, url, changes, group):
        page = alice_client.post(url, filled(**changes, review="1")).content.decode()
        assert re.findall(r'id="panel-([\w-]+)" data-panel data-open', page) == [group]

    def test_what_is_confirmed_is_saved(self, alice_client, url, edited):
        seen = alice_client.post(url, filled(source_ids="a", review="1")).context
        response = alice_client.post(url, filled(source_ids="a", confirm=seen["confirm"], version=seen["version"]))
        assert response.status_code == 303
        edited.refresh_from_db()
        assert edited.policy["sourceIds"] == ["a"]

    def test_what_was_altered_after_the_review_is_reviewed_again(self, alice_client, url, edited):
        seen = alice_client.post(url, filled(source_ids="a", review="1")).context
        response = alice_client.post(url, filled(source_ids="", source_ids_scope="all", confirm=seen["confirm"]))
        assert response.status_code == 200
        edited.refresh_from_db()
        assert edited.policy["sourceIds"] == ["a", "b"]

    def test_a_new_name_needs_no_review(self, alice_client, url):
        assert alice_client.post(url, filled(name="Barn", review="1")).status_code == 303

    def test_a_policy_that_cannot_be_read_is_never_replaced_unseen(self, alice_client, url, edited):
        SecurityToken.objects.update(policy={"nodeIds": "broken"})
        page = alice_client.get(url)
        assert "cannot be read" in page.content.decode()
        assert alice_client.post(url, filled()).status_code == 200
        edited.refresh_from_db()
        assert edited.policy == {"nodeIds": "broken"}


class TestTwoEditsAtOnce:
    def test_the_second_comes_back_to_its_changed_group(self, alice_client, url):
        page = alice_client.post(url, filled(api_paths="/datum/**", version="old")).content.decode()
        assert 'id="panel-api-paths" data-panel data-open' in page

    def test_the_second_is_shown_what_changed_meanwhile(self, alice, alice_client, url, edited):
        version = alice_client.get(url).context["version"]
        draft = Draft(name="Barn", policy=Policy(node_ids=(101,)))
        changes.edit_token(edited, draft, actor=Actor(label="carol@example.org"), now=timezone.now())
        response = alice_client.post(url, filled(name="Mine", version=version))
        page = response.content.decode()
        assert response.status_code == 409
        assert "carol@example.org" in page
        assert 'value="Mine"' in page
        edited.refresh_from_db()
        assert edited.name == "Barn"

    def test_it_may_save_once_it_knows(self, alice, alice_client, url, edited):
        changes.edit_token(edited, Draft(name="Barn"), actor=Actor(label="x"), now=timezone.now())
        version = alice_client.post(url, filled(name="Mine", version="old")).context["version"]
        assert alice_client.post(url, filled(name="Mine", version=version)).status_code == 303

    def test_a_token_that_was_deleted_meanwhile_is_not_found(self, alice_client, url, edited):
        edited.delete()
        assert alice_client.post(url, filled()).status_code == 404


def test_an_unchanged_date_keeps_its_exact_instant(alice, alice_client):
    instant = last_instant_of(date(2099, 1, 1)) - 1234
    made = token(alice, policy=Policy(not_after=instant))
    alice_client.post(f"/tokens/{made.token_id}/edit/", {"name": "New", "not_after": "2099-01-01", "not_after_choice": "date"})
    made.refresh_from_db()
    assert made.policy == {"notAfter": instant}


def test_a_lost_session_comes_back_to_the_typed_values(alice, alice_client, client, url):
    note = alice_client.get(url).context["rendered_for"]
    client.post(url, filled(name="Kept", rendered_for=note))
    client.force_login(alice)
    assert 'value="Kept"' in client.get(url).content.decode()
