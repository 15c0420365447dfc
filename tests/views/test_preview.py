"""What the portal says about a draft while it is typed."""

import re

import pytest

from tests.factories import token
from tokens.domain.policies.policy import Policy
from tokens.models import AuditEvent, SecurityToken

DATA = "/tokens/new/data/preview/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(alice) -> SecurityToken:
    """A token of alice's for node 101."""
    return token(alice, policy=Policy(node_ids=(101,)))


class TestWhoMayAsk:
    def test_somebody_who_is_signed_out_signs_in_first(self, client, edited):
        for url in (DATA, f"/tokens/{edited.token_id}/preview/"):
            assert client.post(url).status_code == 302

    def test_htmx_is_not_led_away_from_what_is_typed(self, client, edited):
        for url in (DATA, f"/tokens/{edited.token_id}/preview/"):
            response = client.post(url, headers={"HX-Request": "true"})
            assert response.status_code == 401
            assert "HX-Redirect" not in response

    def test_a_stranger_gets_404(self, bob_client, edited):
        assert bob_client.post(f"/tokens/{edited.token_id}/preview/").status_code == 404

    def test_other_methods_are_not_allowed(self, alice_client, edited):
        for url in (DATA, f"/tokens/{edited.token_id}/preview/"):
            assert alice_client.get(url).status_code == 405

    def test_another_kind_is_not_found(self, alice_client):
        assert alice_client.post("/tokens/new/admin/preview/").status_code == 404


class TestTheAnswer:
    def ask(self, client, url=DATA, **fields) -> str:
        return client.post(url, fields).content.decode()

    def test_a_sentence_says_what_the_token_can_do(self, alice_client):
        answer = self.ask(alice_client, min_aggregation="Hour", node_ids=["101", "102"], not_after="2099-12-31")
        assert "hourly or coarser data of nodes 101 (Roof) and 102 (Barn) until 31 Dec 2099" in answer

    def test_a_draft_that_is_not_in_order_says_why(self, alice_client):
        assert "API Paths: “datum”" in self.ask(alice_client, api_paths="datum").replace("&quot;", '"')

    def test_wildcards_are_counted_and_what_matches_nothing_is_warned_of(self, alice_client):
        answer = self.ask(alice_client, api_paths="/datum/**, /typo/*")
        assert "of 31 API methods" in answer
        assert "matches no API method" in answer

    def test_each_part_goes_to_its_place_in_the_form(self, alice_client):
        places = re.findall(r'id="([\w-]+)" hx-swap-oob="innerHTML"', self.ask(alice_client))
        assert places == ["preview-sentence", "preview-api_paths", "preview-source_ids", "preview-verdict"]

    def test_nothing_is_said_of_sources_that_nobody_knows(self, alice_client):
        assert "source IDs that your other tokens" not in self.ask(alice_client, source_ids="/a/*")

    def test_an_edit_tells_gains_and_losses(self, alice_client, edited):
        answer = self.ask(alice_client, f"/tokens/{edited.token_id}/preview/", node_ids=["102"], node_ids_scope="only")
        assert "Node IDs: 102 added" in answer
        assert "Node IDs: 101 removed" in answer

    def test_a_request_is_tried_out_on_the_draft(self, alice_client):
        fields = {"node_ids": ["101"], "try-path": "/datum/list", "try-node": "102"}
        assert "Denied" in self.ask(alice_client, **fields)
        assert "Allowed" in self.ask(alice_client, **{**fields, "try-node": "101"})

    def test_markup_is_harmless(self, alice_client):
        answer = self.ask(alice_client, source_ids="<img src=x>*", api_paths="/<script>*", **{"try-path": "/<b>"})
        assert not any(tag in answer for tag in ("<img", "<script", "<b>"))

    def test_it_changes_nothing(self, alice_client, edited):
        self.ask(alice_client, f"/tokens/{edited.token_id}/preview/", node_ids=["102"])
        assert SecurityToken.objects.get().policy == {"nodeIds": [101]}
        assert AuditEvent.objects.count() == 1

    def test_many_long_entries_are_answered(self, alice_client):
        entries = "\n".join(f"/{'*a' * 60}{number}" for number in range(900))
        assert alice_client.post(DATA, {"api_paths": entries, "source_ids": "*" * 60}).status_code == 200
