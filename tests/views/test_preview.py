"""The preview of a draft while it is typed."""

import re
from html import unescape

import pytest
from django.utils.html import strip_tags

from tests.factories import token
from tokens.domain.policies.policy import Policy
from tokens.models import AuditEvent, SecurityToken

DATA = "/tokens/new/data/preview/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(alice) -> SecurityToken:
    """A token of alice's for node 101."""
    return token(alice, policy=Policy(node_ids=(101,)))


class TestAccess:
    def test_an_anonymous_visitor_signs_in_first(self, client, edited):
        for url in (DATA, f"/tokens/{edited.token_id}/preview/"):
            assert client.post(url).status_code == 302

    def test_htmx_is_not_redirected_away_from_what_is_typed(self, client, edited):
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


def text_of(html: str) -> str:
    return unescape(strip_tags(html))


def mark_of(response: str, group: str) -> str:
    """Return what a screen reader says of a group beside its title."""
    (mark,) = re.findall(rf'<span id="panel-{group}-mark" hx-swap-oob="innerHTML">(.*?)</span>(?=<span id="panel|\n)', response)
    return "".join(re.findall(r'aria-label="(?:, )?([^"]*)"', mark))


class TestResponse:
    def preview(self, client, url=DATA, **fields) -> str:
        return client.post(url, fields).content.decode()

    def test_a_sentence_says_what_the_token_can_do(self, alice_client):
        response = self.preview(alice_client, min_aggregation="Hour", node_ids=["101", "102"], not_after="2099-12-31")
        assert "hourly or coarser data of nodes 101 (Roof) and 102 (Barn) until 31 Dec 2099" in response

    def test_an_invalid_draft_shows_why_once_beside_its_field(self, alice_client):
        response = self.preview(alice_client, api_paths="datum")
        assert response.count("datum") == 2
        assert (
            '<div id="id_api_paths_error" hx-swap-oob="innerHTML"><p>“datum”: An API path starts with / '
            "(or with !/ to exclude it). Write /datum instead.</p></div>"
        ) in response
        assert mark_of(response, "api-paths") == "has errors"
        assert "Correct what is marked to see what the token can do." in response

    @pytest.mark.parametrize(
        ("fields", "group", "said"),
        [
            ({}, "info", ""),
            ({"name": "Roof"}, "info", "set"),
            ({"not_after_choice": "2099-12-31"}, "expiry", "set"),
            ({"not_after": "2099-12-31", "api_paths": "datum"}, "expiry", "set"),
            ({"not_after": "yesterday"}, "expiry", "has errors"),
            ({"refresh_allowed": "on"}, "expiry", "set"),
            ({"min_aggregation": "None"}, "aggregate", ""),
            ({"source_ids": " , "}, "node-source-ids", ""),
        ],
    )
    def test_each_group_says_whether_it_holds_something(self, alice_client, fields, group, said):
        assert mark_of(self.preview(alice_client, **fields), group) == said

    def test_a_group_says_what_it_holds(self, alice_client):
        response = self.preview(alice_client, node_ids=["101"], source_ids="/a/*, /b")
        assert "node 101, 2 sources" in response

    def test_a_restriction_that_an_edit_lifts_is_held_no_more(self, alice_client, edited):
        response = self.preview(alice_client, f"/tokens/{edited.token_id}/preview/", node_ids="101", node_ids_scope="all")
        assert mark_of(response, "node-source-ids") == ""

    def test_a_summary_stays_only_where_the_page_has_one(self, alice_client):
        assert "Please correct" not in self.preview(alice_client, api_paths="datum")
        assert "Please correct" in self.preview(alice_client, api_paths="datum", refused="1")

    def test_what_is_corrected_leaves_the_summary_its_field_and_its_tab(self, alice_client):
        response = self.preview(alice_client, api_paths="/datum/**", refused="1")
        assert '<div id="form-summary" hx-swap-oob="innerHTML"></div>' in response
        assert '<div id="id_api_paths_error" hx-swap-oob="innerHTML"></div>' in response
        assert mark_of(response, "api-paths") == "set"

    def test_the_summary_takes_no_focus_from_the_field(self, alice_client):
        assert "autofocus" not in self.preview(alice_client, api_paths="datum", refused="1")

    def test_wildcards_are_counted_and_one_that_matches_nothing_has_a_warning(self, alice_client):
        response = self.preview(alice_client, api_paths="/datum/**, /typo/*")
        assert "of 31 API methods" in response
        assert "matches no API method" in response

    def test_each_part_goes_to_its_place_in_the_form(self, alice_client):
        page = alice_client.get("/tokens/new/data/").content.decode()
        places = re.findall(r'id="([\w-]+)" hx-swap-oob="innerHTML"', self.preview(alice_client))
        assert {"preview-sentence", "form-summary", "panel-info-mark", "id_name_error", "preview-verdict"} < set(places)
        assert [place for place in places if page.count(f'id="{place}"') != 1] == []

    def test_unknown_sources_have_no_hint(self, alice_client):
        assert "source IDs that your other tokens" not in self.preview(alice_client, source_ids="/a/*")

    @pytest.mark.parametrize(
        ("typed", "hint"),
        [
            ("**", "** matches only source IDs that do not begin with /. For those that do, write /**."),
            ("*/x", "*/x matches only"),
            ("/meter/1\n**", "⚠ ** matches only"),
        ],
    )
    def test_a_pattern_that_matches_no_first_slash_says_so(self, alice_client, typed, hint):
        assert hint in text_of(self.preview(alice_client, source_ids=typed))

    def test_a_pattern_that_lacks_the_first_slash_of_known_sources_has_a_warning(self, alice, alice_client):
        token(alice, policy=Policy(source_ids=("/meter/1",)))
        response = self.preview(alice_client, source_ids="meter/*")
        assert response.count("<li data-warns>") == 1
        assert "For those that do, write /meter/*." in text_of(response)

    @pytest.mark.parametrize("typed", ["/**", "meter/*", "plain"])
    def test_other_patterns_say_nothing_of_a_first_slash(self, alice_client, typed):
        assert "begin with /" not in self.preview(alice_client, source_ids=typed)

    @pytest.mark.parametrize(("typed", "instead"), [("**", "/**"), ("!**", "!/**")])
    def test_an_api_path_without_a_first_slash_is_shown_with_it(self, alice_client, typed, instead):
        assert f"(or with !/ to exclude it). Write {instead} instead." in self.preview(alice_client, api_paths=typed)

    def test_an_edit_shows_gains_and_losses(self, alice_client, edited):
        response = self.preview(alice_client, f"/tokens/{edited.token_id}/preview/", node_ids=["102"], node_ids_scope="only")
        assert "Node IDs: 102 added" in response
        assert "Node IDs: 101 removed" in response

    def test_a_request_is_tried_out_on_the_draft(self, alice_client):
        fields = {"node_ids": ["101"], "try-path": "/datum/list", "try-node": "102"}
        assert "Denied" in self.preview(alice_client, **fields)
        assert "Allowed" in self.preview(alice_client, **{**fields, "try-node": "101"})

    def test_markup_is_harmless(self, alice_client):
        response = self.preview(alice_client, source_ids="<img src=x>*", api_paths="/<script>*", **{"try-path": "/<b>"})
        assert not any(tag in response for tag in ("<img", "<script", "<b>"))

    def test_it_changes_nothing(self, alice_client, edited):
        self.preview(alice_client, f"/tokens/{edited.token_id}/preview/", node_ids=["102"])
        assert SecurityToken.objects.get().policy == {"nodeIds": [101]}
        assert AuditEvent.objects.count() == 1

    def test_many_long_entries_get_a_response(self, alice_client):
        entries = "\n".join(f"/{'*a' * 60}{number}" for number in range(900))
        assert alice_client.post(DATA, {"api_paths": entries, "source_ids": "*" * 60}).status_code == 200
