"""What holds of every data policy and every request."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.data_rules import decide_data
from tokens.domain.matching.patterns import compile_pattern, is_plain, is_within
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


def query_of(asked_nodes=None, asked_sources=None, aggregation=None):
    parts = [f"nodeIds={','.join(map(str, asked_nodes))}"] if asked_nodes else []
    parts += [f"sourceIds={quote(','.join(asked_sources))}"] if asked_sources else []
    parts += [f"aggregation={aggregation}"] if aggregation else []
    return "&".join(parts)


def is_granted(source, granted):
    return any(compile_pattern(entry).matches(source) if is_plain(source) else is_within(source, entry) for entry in granted)


@given(granted=maybe_nodes, asked=st.none() | node_lists, account=accounts)
def test_nodes_never_exceed_the_policy_the_account_or_the_question(granted, asked, account):
    answer = decide(Policy(node_ids=granted), query_of(asked_nodes=asked), account)
    if isinstance(answer, Allowed) and answer.effective.node_ids is not None:
        kept = set(answer.effective.node_ids)
        assert all(kept <= set(limit) for limit in (granted, asked, account) if limit is not None)


@given(granted=maybe_nodes, asked=st.none() | node_lists, account=accounts)
def test_nodes_are_unlimited_only_where_nothing_limits_them(granted, asked, account):
    answer = decide(Policy(node_ids=granted), query_of(asked_nodes=asked), account)
    if isinstance(answer, Allowed) and answer.effective.node_ids is None:
        assert (granted, asked, account) == (None, None, None)


@given(granted=maybe_nodes, asked=st.none() | node_lists, account=accounts)
def test_a_node_that_everything_allows_is_never_refused(granted, asked, account):
    limits = [set(limit) for limit in (granted, asked, account) if limit is not None]
    answer = decide(Policy(node_ids=granted), query_of(asked_nodes=asked), account)
    assert isinstance(answer, Denied) == bool(limits and not set.intersection(*limits))


@given(granted=entry_lists, asked=st.none() | entry_lists)
def test_sources_never_exceed_the_policy(granted, asked):
    answer = decide(Policy(source_ids=tuple(granted)), query_of(asked_sources=asked))
    if isinstance(answer, Allowed):
        assert answer.effective.source_ids
        assert all(is_granted(source, granted) for source in answer.effective.source_ids)


@given(granted=entry_lists, asked=entry_lists)
def test_a_source_that_the_policy_grants_stays_as_it_is(granted, asked):
    answer = decide(Policy(source_ids=tuple(granted)), query_of(asked_sources=asked))
    kept = answer.effective.source_ids if isinstance(answer, Allowed) else ()
    assert {source for source in asked if is_granted(source, granted)} <= set(kept)


@given(granted=entry_lists, asked=entry_lists)
def test_sources_that_were_not_asked_for_come_from_a_pattern_that_was(granted, asked):
    answer = decide(Policy(source_ids=tuple(granted)), query_of(asked_sources=asked))
    if isinstance(answer, Allowed):
        assert all(any(is_within(kept, wanted) for wanted in asked) for kept in answer.effective.source_ids)


@given(minimum=aggregations, asked=aggregations)
def test_the_aggregation_is_never_finer_than_the_minimum(minimum, asked):
    effective = decide(Policy(min_aggregation=minimum), query_of(aggregation=asked)).effective
    assert minimum is None or effective.aggregation is None or effective.aggregation.level >= minimum.level
    assert effective.aggregation in {minimum, asked} or minimum is Aggregation.NONE


@given(asked_nodes=st.none() | node_lists, asked_sources=st.none() | entry_lists, aggregation=aggregations)
def test_an_unset_policy_changes_nothing(asked_nodes, asked_sources, aggregation):
    effective = decide(Policy(), query_of(asked_nodes, asked_sources, aggregation)).effective
    assert effective.node_ids == (tuple(dict.fromkeys(asked_nodes)) if asked_nodes else None)
    assert effective.source_ids == (tuple(dict.fromkeys(asked_sources)) if asked_sources else None)
    assert effective.aggregation == aggregation


@given(granted=entry_lists, asked=entry_lists, wanted=node_lists, known=node_lists, data=st.data())
def test_order_and_duplicates_do_not_matter(granted, asked, wanted, known, data):
    def shuffled(values):
        return data.draw(st.permutations(values + values[:1]))

    one = decide(Policy(source_ids=tuple(granted), node_ids=tuple(known)), query_of(wanted, asked))
    other = decide(
        Policy(source_ids=tuple(shuffled(granted)), node_ids=tuple(shuffled(known))), query_of(shuffled(wanted), shuffled(asked))
    )
    assert isinstance(one, Allowed) == isinstance(other, Allowed)
    if isinstance(one, Allowed) and isinstance(other, Allowed):
        assert set(one.effective.node_ids) == set(other.effective.node_ids)
        assert set(one.effective.source_ids) == set(other.effective.source_ids)


@given(query=st.text(), granted=maybe_entries, known=maybe_nodes)
def test_any_text_can_be_read_as_a_query(query, granted, known):
    assert isinstance(decide(Policy(source_ids=granted, node_ids=known), query), Allowed | Denied)
