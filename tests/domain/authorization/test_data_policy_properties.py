"""What is true of every data policy and every request."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.data_rules import decide_data
from tokens.domain.matching.inclusion import is_within
from tokens.domain.matching.texts import is_plain, matches
from tokens.domain.outcomes import Allowed, Denied
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy

LIST = "/solarquery/api/v1/sec/datum/list"
nodes = st.integers(1, 6)
node_lists = st.lists(nodes, min_size=1, max_size=5)
entries = st.text("ab/?*", min_size=1, max_size=6)
entry_lists = st.lists(entries, min_size=1, max_size=5)
maybe_nodes = st.none() | node_lists.map(lambda values: tuple(dict.fromkeys(values)))
maybe_entries = st.none() | entry_lists.map(lambda values: tuple(dict.fromkeys(values)))
accounts = st.none() | st.frozensets(nodes)
aggregations = st.none() | st.sampled_from(Aggregation)


def decide(policy, query, account=None):
    return decide_data(policy, raw_path=LIST, query=query, method="GET", account_nodes=account)


def query_of(requested_nodes=None, requested_sources=None, aggregation=None):
    parts = [f"nodeIds={','.join(map(str, requested_nodes))}"] if requested_nodes else []
    parts += [f"sourceIds={quote(','.join(requested_sources))}"] if requested_sources else []
    parts += [f"aggregation={aggregation}"] if aggregation else []
    return "&".join(parts)


def is_granted(source, granted):
    return any(matches(entry, source) if is_plain(source) else is_within(source, entry) for entry in granted)


@given(granted=maybe_nodes, requested=st.none() | node_lists, account=accounts)
def test_nodes_never_exceed_the_policy_the_account_or_the_request(granted, requested, account):
    outcome = decide(Policy(node_ids=granted), query_of(requested_nodes=requested), account)
    if isinstance(outcome, Allowed) and outcome.effective.node_ids is not None:
        kept = set(outcome.effective.node_ids)
        assert all(kept <= set(limit) for limit in (granted, requested, account) if limit is not None)


@given(granted=maybe_nodes, requested=st.none() | node_lists, account=accounts)
def test_nodes_are_unlimited_only_if_nothing_limits_them(granted, requested, account):
    outcome = decide(Policy(node_ids=granted), query_of(requested_nodes=requested), account)
    if isinstance(outcome, Allowed) and outcome.effective.node_ids is None:
        assert (granted, requested, account) == (None, None, None)


@given(granted=maybe_nodes, requested=st.none() | node_lists, account=accounts)
def test_a_node_that_everything_allows_is_never_refused(granted, requested, account):
    limits = [set(limit) for limit in (granted, requested, account) if limit is not None]
    outcome = decide(Policy(node_ids=granted), query_of(requested_nodes=requested), account)
    assert isinstance(outcome, Denied) == bool(limits and not set.intersection(*limits))


@given(granted=entry_lists, requested=st.none() | entry_lists)
def test_sources_never_exceed_the_policy(granted, requested):
    outcome = decide(Policy(source_ids=tuple(granted)), query_of(requested_sources=requested))
    if isinstance(outcome, Allowed):
        assert outcome.effective.source_ids
        assert all(is_granted(source, granted) for source in outcome.effective.source_ids)


@given(granted=entry_lists, requested=entry_lists)
def test_a_source_that_the_policy_grants_stays_as_it_is(granted, requested):
    outcome = decide(Policy(source_ids=tuple(granted)), query_of(requested_sources=requested))
    kept = outcome.effective.source_ids if isinstance(outcome, Allowed) else ()
    assert {source for source in requested if is_granted(source, granted)} <= set(kept)


@given(granted=entry_lists, requested=entry_lists)
def test_sources_that_were_not_requested_come_from_a_pattern_that_was(granted, requested):
    outcome = decide(Policy(source_ids=tuple(granted)), query_of(requested_sources=requested))
    if isinstance(outcome, Allowed):
        assert all(any(is_within(kept, wanted) for wanted in requested) for kept in outcome.effective.source_ids)


@given(minimum=aggregations, requested=aggregations)
def test_the_aggregation_is_never_finer_than_the_minimum(minimum, requested):
    effective = decide(Policy(min_aggregation=minimum), query_of(aggregation=requested)).effective
    assert minimum is None or effective.aggregation is None or effective.aggregation.level >= minimum.level
    assert effective.aggregation in {minimum, requested} or minimum is Aggregation.NONE


@given(requested_nodes=st.none() | node_lists, requested_sources=st.none() | entry_lists, aggregation=aggregations)
def test_an_unset_policy_changes_nothing(requested_nodes, requested_sources, aggregation):
    effective = decide(Policy(), query_of(requested_nodes, requested_sources, aggregation)).effective
    assert effective.node_ids == (tuple(dict.fromkeys(requested_nodes)) if requested_nodes else None)
    assert effective.source_ids == (tuple(dict.fromkeys(requested_sources)) if requested_sources else None)
    assert effective.aggregation == aggregation


@given(granted=entry_lists, requested=entry_lists, wanted=node_lists, known=node_lists, data=st.data())
def test_order_and_duplicates_do_not_matter(granted, requested, wanted, known, data):
    def shuffled(values):
        return data.draw(st.permutations(values + values[:1]))

    one = decide(Policy(source_ids=tuple(granted), node_ids=tuple(known)), query_of(wanted, requested))
    other = decide(
        Policy(source_ids=tuple(shuffled(granted)), node_ids=tuple(shuffled(known))),
        query_of(shuffled(wanted), shuffled(requested)),
    )
    assert isinstance(one, Allowed) == isinstance(other, Allowed)
    if isinstance(one, Allowed) and isinstance(other, Allowed):
        assert set(one.effective.node_ids) == set(other.effective.node_ids)
        assert set(one.effective.source_ids) == set(other.effective.source_ids)


@given(query=st.text(), granted=maybe_entries, known=maybe_nodes)
def test_any_text_can_be_read_as_a_query(query, granted, known):
    assert isinstance(decide(Policy(source_ids=granted, node_ids=known), query), Allowed | Denied)
