"""Narrowing a token to what it used, and what the form says of an edit before it is saved."""

import json
from datetime import timedelta

import pytest

from tests.factories import token as make_token
from tests.views.access import AccessRow
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.models import UseDay, UseScope
from tokens.services.use.rehearsing import propose


class TestNarrowAccess(AccessRow):
    route = "narrow"
    methods = ("GET", "HEAD", "POST")
    owner_status = 200


def use(token, now, *, days=10, path="/datum/list", nodes=(101,), sources=("/pv/1",), aggregation="Hour", calls=4, partial=False):
    first = now.date() - timedelta(days=days)
    for day in (first, now.date()):
        UseDay.objects.get_or_create(token=token, day=day, defaults={"allowed": 1})
    UseScope.objects.create(
        token=token,
        day=now.date(),
        scope_key=f"{path}{nodes}{sources}{aggregation}"[:32],
        method="GET",
        path=path,
        nodes=json.dumps(nodes) if nodes else "",
        sources=json.dumps(sources) if sources else "",
        aggregation=aggregation,
        is_partial=partial,
        allowed=calls,
    )


class TestProposal:
    def test_is_what_was_used(self, alice, noon):
        token = make_token(alice)
        use(token, noon)
        use(token, noon, path="/datum/mostRecent", nodes=(102,), sources=("/meter/1",), aggregation="Day")
        assert propose(token, Policy(), now=noon).policy == Policy(
            api_paths=("/datum/list", "/datum/mostRecent"),
            node_ids=(101, 102),
            source_ids=("/meter/1", "/pv/1"),
            min_aggregation=Aggregation.HOUR,
        )

    def test_leaves_open_what_the_use_leaves_open(self, alice, noon):
        token = make_token(alice)
        use(token, noon, nodes=(), sources=(), aggregation="")
        proposal = propose(token, Policy(), now=noon)
        assert proposal.policy == Policy(api_paths=("/datum/list",))
        assert len(proposal.notes) == 3

    def test_is_never_wider_than_today_s(self, alice, noon):
        today = Policy(api_paths=("/datum/list",), source_ids=("/pv/1",), min_aggregation=Aggregation.DAY)
        token = make_token(alice, policy=today)
        use(token, noon, path="/datum/other", sources=("/pv/*",), aggregation="Hour")
        assert propose(token, today, now=noon).policy == Policy(**{**vars_of(today), "node_ids": (101,)})

    def test_keeps_today_s_nodes_if_only_others_were_used(self, alice, noon):
        today = Policy(node_ids=(102,))
        token = make_token(alice, policy=today)
        use(token, noon, nodes=(101,))
        assert propose(token, today, now=noon).policy.node_ids == (102,)

    def test_needs_seven_days(self, alice, noon):
        token = make_token(alice)
        use(token, noon, days=5)
        assert propose(token, Policy(), now=noon) is None

    def test_of_requests_that_are_not_known_in_detail_changes_nothing(self, alice, noon):
        token = make_token(alice)
        use(token, noon, partial=True)
        assert propose(token, Policy(), now=noon).policy == Policy()


def vars_of(policy):
    return {name: getattr(policy, name) for name in ("api_paths", "source_ids", "min_aggregation")}


class TestPage:
    @pytest.fixture
    def token(self, alice, noon):
        token = make_token(alice, name="Roof")
        use(token, noon)
        return token

    def address(self, token):
        return f"/tokens/{token.token_id}/narrow/"

    def mark(self, client, token):
        return client.get(self.address(token)).content.decode().split('name="proposal" value="')[1].split('"')[0]

    def test_shows_both_policies_and_what_would_be_lost(self, alice_client, token):
        html = alice_client.get(self.address(token)).content.decode()
        assert "Reads hourly or coarser data of node" in html
        assert "Loses" in html
        assert "None of the last 30 days' 4 calls would have been refused." in html
        assert "No new access:" in html

    def test_saves_what_was_shown(self, alice_client, token):
        response = alice_client.post(self.address(token), {"proposal": self.mark(alice_client, token)})
        assert response.status_code == 303
        token.refresh_from_db()
        assert token.read_policy().node_ids == (101,)

    def test_what_changed_since_is_not_saved(self, alice_client, token, noon):
        mark = self.mark(alice_client, token)
        use(token, noon, nodes=(102,))
        assert alice_client.post(self.address(token), {"proposal": mark}).status_code == 409
        token.refresh_from_db()
        assert token.policy == {}

    def test_with_too_little_use_says_since_when_it_is_known(self, alice_client, alice, noon):
        token = make_token(alice)
        use(token, noon, days=2)
        assert "A proposal needs at least 7 days" in alice_client.get(self.address(token)).content.decode()


class TestForm:
    def preview(self, client, token, **fields):
        response = client.post(f"/tokens/{token.token_id}/preview/", fields, headers={"HX-Request": "true"})
        return response.content.decode()

    def test_proves_that_an_edit_gives_nothing_new(self, alice_client, alice):
        token = make_token(alice, policy=Policy(source_ids=("/pv/**",)))
        assert "No new access:" in self.preview(alice_client, token, source_ids="/pv/1", source_ids_scope="only")

    def test_shows_one_request_that_becomes_possible(self, alice_client, alice, noon):
        token = make_token(alice, policy=Policy(source_ids=("/pv/**",)))
        html = self.preview(alice_client, token, source_ids="/pv/**\n/meter/*", source_ids_scope="only")
        assert "<b>New:</b>" in html
        assert "sourceId=/meter/" in html

    def test_tells_which_calls_would_have_been_refused(self, alice_client, alice, noon):
        token = make_token(alice)
        use(token, noon, calls=3)
        use(token, noon, path="/nodes", nodes=(), sources=(), aggregation="", calls=9)
        html = self.preview(alice_client, token, api_paths="/nodes", api_paths_scope="only")
        assert "With this policy 3 of the last 30 days' 12 calls would have been refused:" in html
        assert "GET /datum/list" in html

    def test_tells_which_calls_would_have_got_less(self, alice_client, alice, noon):
        token = make_token(alice)
        use(token, noon, calls=3)
        use(token, noon, path="/datum/mostRecent", aggregation="Month", calls=9)
        html = self.preview(alice_client, token, min_aggregation="Day")
        assert "None of the last 30 days' 12 calls would have been refused." in html
        assert "<b>3 calls would have got less:</b>" in html

    def test_an_edit_of_the_name_says_nothing_of_it(self, alice_client, alice):
        token = make_token(alice, policy=Policy(source_ids=("/pv/**",)))
        assert "new access" not in self.preview(alice_client, token, name="Other").lower()
