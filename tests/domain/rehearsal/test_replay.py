"""What a policy would have made of the requests of the past."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.rehearsal.replay import Asked, replay

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NODES = (101, 102)
UNRESTRICTED = Policy()
LIST = Asked("GET", "/datum/list", (101,), ("/pv/1",), "Hour", 4)


def judge(policy, *asked, before=UNRESTRICTED, token_type=TokenType.DATA):
    return replay(asked, policy, before, token_type, account_nodes=NODES, now=NOW)


class TestRefused:
    @pytest.mark.parametrize(
        "policy",
        [
            Policy(api_paths=("/nodes",)),
            Policy(node_ids=(102,)),
            Policy(source_ids=("/meter/*",)),
            Policy(not_after=1),
        ],
        ids=["path", "node", "source", "expired"],
    )
    def test_is_what_a_rule_says_no_to(self, policy):
        assert [refusal.asked for refusal in judge(policy, LIST).refused] == [LIST]

    def test_says_which_rule_it_was(self):
        (refusal,) = judge(Policy(node_ids=(102,)), LIST).refused
        assert (refusal.denied.rule, refusal.denied.value) == ("nodeIds", "101")

    def test_is_counted_apart_from_what_gets_less(self):
        assert judge(Policy(node_ids=(102,)), LIST).reduced == []


class TestReduced:
    @pytest.mark.parametrize(
        ("policy", "asked"),
        [
            (Policy(min_aggregation=Aggregation.DAY), LIST),
            (Policy(node_ids=(101,)), LIST._replace(nodes=(101, 102))),
            (Policy(node_ids=(101,)), LIST._replace(nodes=())),
            (Policy(source_ids=("/pv/*",)), LIST._replace(sources=("/pv/1", "/meter/1"))),
            (Policy(source_ids=("/pv/*",)), LIST._replace(sources=())),
        ],
        ids=["coarser", "one node of two", "one node of all", "one source of two", "sources of all"],
    )
    def test_is_what_gets_less_than_before(self, policy, asked):
        assert judge(policy, asked).reduced == [asked]

    @pytest.mark.parametrize(
        ("policy", "before", "asked"),
        [
            (Policy(min_aggregation=Aggregation.HOUR), Policy(), LIST),
            (Policy(node_ids=NODES), Policy(), LIST._replace(nodes=())),
            (Policy(source_ids=("/**",)), Policy(source_ids=("/pv/*", "/meter/1")), LIST._replace(sources=())),
            (Policy(node_ids=(101,)), Policy(node_ids=(101,)), LIST._replace(nodes=NODES)),
            (Policy(node_ids=(101,)), Policy(api_paths=("/nodes",)), LIST._replace(nodes=NODES)),
        ],
        ids=["no finer was asked", "all nodes by name", "wider sources", "as before", "was refused before"],
    )
    def test_is_nothing_else(self, policy, before, asked):
        assert judge(policy, asked, before=before).reduced == []

    def test_is_not_known_of_a_policy_that_cannot_be_read(self):
        assert judge(Policy(min_aggregation=Aggregation.DAY), LIST, before=None).reduced == []

    def test_is_nothing_of_a_user_token(self):
        assert judge(Policy(api_paths=("/datum/*",)), LIST, token_type=TokenType.USER).reduced == []


_sources = st.lists(st.sampled_from(["/pv/1", "/pv/*", "/meter/1", "/**"]), min_size=1, max_size=3, unique=True).map(tuple)
_policies = st.builds(
    Policy,
    node_ids=st.none() | st.lists(st.sampled_from(NODES), min_size=1, unique=True).map(tuple),
    source_ids=st.none() | _sources,
    min_aggregation=st.none() | st.sampled_from([Aggregation.HOUR, Aggregation.DAY]),
)


@given(_policies)
def test_the_same_policy_takes_nothing_away(policy):
    asked = [LIST, LIST._replace(nodes=(), sources=()), LIST._replace(aggregation="")]
    allowed = [one for one in asked if not judge(policy, one).refused]
    found = judge(policy, *allowed, before=policy)
    assert found.refused == found.reduced == []
