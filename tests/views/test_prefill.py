"""What fills the create form in: another token, a starting point, a link. It never sends itself."""

import re
from datetime import timedelta

import pytest

from tests.factories import token as make_token
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import TokenType
from tokens.forms.policy.presets import PRESETS
from tokens.models import SecurityToken


def form(client, query, kind="data"):
    response = client.get(f"/tokens/new/{kind}/?{query}")
    assert response.status_code == 200
    return response.content.decode()


def checked(html, name):
    return re.findall(rf'name="{name}" value="([^"]*)"[^>]* checked', html)


class TestLike:
    def test_has_the_other_token_s_name_and_policy(self, alice_client, alice, noon):
        last_day = (noon + timedelta(days=30)).date()
        policy = Policy(
            node_ids=(102,),
            source_ids=("/pv/*", "b"),
            min_aggregation=Aggregation.DAY,
            not_after=last_instant_of(last_day),
            refresh_allowed=True,
        )
        token = make_token(alice, name="Roof", description="For Ann", policy=policy)
        html = form(alice_client, f"from={token.token_id}")
        assert "Filled in like “Roof”." in html
        assert 'value="Roof"' in html
        assert checked(html, "node_ids") == ["102"]
        assert "/pv/*\nb</textarea>" in html
        assert '<option value="Day" selected>' in html
        assert f'value="{last_day.isoformat()}"' in html
        assert re.search(r'name="refresh_allowed"[^>]* checked', html)

    def test_an_expiry_that_is_over_is_left_out_and_told(self, alice_client, alice, noon):
        ended = Policy(not_after=last_instant_of((noon - timedelta(days=5)).date()))
        token = make_token(alice, name="Roof", policy=ended, now=noon - timedelta(days=20))
        html = form(alice_client, f"from={token.token_id}")
        assert "Its expiry date is over, so this one has none yet." in html
        assert "This date is in the past" not in html

    def test_one_whose_policy_cannot_be_read_gives_nothing(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        SecurityToken.objects.update(policy={"nodeIds": "all"})
        assert "cannot be read, so the form is empty" in form(alice_client, f"from={token.token_id}")

    @pytest.mark.parametrize("kind", ["foreign", "unknown", "another type"])
    def test_a_token_that_is_not_there_is_not_found(self, alice_client, alice, bob, kind):
        tokens = {"foreign": make_token(bob).token_id, "unknown": "x" * 20}
        tokens["another type"] = make_token(alice, type=TokenType.USER).token_id
        assert alice_client.get(f"/tokens/new/data/?from={tokens[kind]}").status_code == 404

    def test_is_offered_in_the_list(self, alice_client, alice):
        token = make_token(alice, name="Roof")
        assert f'href="/tokens/new/data/?from={token.token_id}"' in alice_client.get("/tokens/").content.decode()


class TestPresets:
    @pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
    def test_each_makes_a_token_that_can_be_generated_as_it_is(self, alice_client, alice, preset):
        for token_type in preset.token_types:
            html = form(alice_client, f"preset={preset.name}", token_type.label.lower())
            assert f"Starting point: {preset.label}." in html
            assert "Nothing was saved yet" not in html

    def test_one_node_is_the_first_by_the_hour(self, alice_client):
        html = form(alice_client, "preset=one-node")
        assert checked(html, "node_ids") == ["101"]
        assert '<option value="Hour" selected>' in html

    def test_one_of_the_other_type_is_none(self, alice_client):
        assert "Starting point:" not in form(alice_client, "preset=gateway")

    def test_are_links_on_the_empty_form(self, alice_client):
        assert 'href="/tokens/new/data/?preset=dashboard"' in form(alice_client, "")


class TestLink:
    def test_fills_the_form_and_says_so(self, alice_client):
        html = form(alice_client, "name=Roof&node_ids=101,102&source_ids=/a&source_ids_scope=only")
        assert "This form was filled in by a link." in html
        assert checked(html, "node_ids") == ["101", "102"]
        assert checked(html, "source_ids_scope") == ["only"]

    def test_creates_nothing(self, alice_client):
        form(alice_client, "name=Roof&creation_key=abcdefghijklmnop")
        assert not SecurityToken.objects.exists()

    def test_what_it_cannot_say_is_told(self, alice_client):
        assert "about “nodeids”, which this form does not have: it was left out" in form(alice_client, "nodeids=101")

    def test_another_account_s_node_is_refused_at_once(self, alice_client, bob):
        assert "201" in form(alice_client, "node_ids=201").split("Nothing was saved yet")[1]

    def test_its_text_is_no_markup(self, alice_client):
        assert "<script>x" not in form(alice_client, "name=<script>x&%3Cscript%3Ex=1")

    def test_is_kept_through_signing_in(self, client, alice):
        location = client.get("/tokens/new/data/?name=Roof")["Location"]
        assert location == "/accounts/login/?next=/tokens/new/data/%3Fname%3DRoof"
