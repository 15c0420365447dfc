"""The data policy: nodes, sources and aggregation of a request, and what is left of them."""

from datetime import UTC, datetime

import pytest

from tokens.domain.authorization.data_rules import decide_data
from tokens.domain.authorization.rules import AccessRequest, authorize
from tokens.domain.outcomes import Allowed, Denied, Effective
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

LIST = "/solarquery/api/v1/sec/datum/list"
META = "/solarquery/api/v1/sec/datum/meta"
REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"


def access(policy, *, path=LIST, query="", token_type=TokenType.DATA, nodes=None):
    return AccessRequest(token_type, policy, "GET", path, query, datetime(2026, 11, 24, tzinfo=UTC), nodes)


def decide(query="", *, path=LIST, method="GET", nodes=None, **policy):
    return decide_data(Policy(**policy), raw_path=path, query=query, method=method, account_nodes=nodes)


def nodes_of(*args, **kwargs):
    outcome = decide(*args, **kwargs)
    return outcome.effective.node_ids if isinstance(outcome, Allowed) else outcome


def sources_of(*args, **kwargs):
    outcome = decide(*args, **kwargs)
    return outcome.effective.source_ids if isinstance(outcome, Allowed) else outcome


def aggregation_of(*args, **kwargs):
    outcome = decide(*args, **kwargs)
    return outcome.effective.aggregation if isinstance(outcome, Allowed) else outcome


def reasons_of(outcome):
    return [(reason.rule, reason.entry, reason.value) for reason in outcome.reasons]


class TestReasons:
    def test_what_nothing_restricts_names_the_rule_alone(self):
        assert reasons_of(decide()) == [("nodeIds", "", ""), ("sourceIds", "", ""), ("minAggregation", "", "")]

    def test_what_the_policy_adds_names_its_entries(self):
        outcome = decide(node_ids=(1, 2), source_ids=("/a", "/b/*"), min_aggregation=Aggregation.HOUR)
        assert reasons_of(outcome) == [("nodeIds", "1, 2", ""), ("sourceIds", "/a, /b/*", ""), ("minAggregation", "Hour", "")]

    def test_what_the_account_adds_names_its_nodes(self):
        assert reasons_of(decide(nodes={1, 2}))[0] == ("nodes", "1, 2", "")

    def test_what_was_requested_is_named_beside_the_entry_that_allows_it(self):
        query = "nodeIds=1,3&sourceIds=/x,/b/c&aggregation=Day"
        outcome = decide(query, node_ids=(1, 2), source_ids=("/a", "/b/*"), min_aggregation=Aggregation.HOUR)
        assert reasons_of(outcome) == [
            ("nodeIds", "", "1, 3"),
            ("sourceIds", "/b/*", "/x, /b/c"),
            ("minAggregation", "Hour", "Day"),
        ]

    def test_a_pattern_that_was_replaced_has_no_entry_that_allows_it(self):
        assert reasons_of(decide("sourceIds=/**", source_ids=("/a",)))[1] == ("sourceIds", "", "/**")

    def test_a_pattern_is_replaced_whatever_another_that_is_allowed_covers(self):
        assert sources_of("sourceIds=/a/*,/**", source_ids=("/a/*", "/a/1")) == ("/a/*", "/a/1")

    def test_an_aggregation_that_is_raised_is_named(self):
        outcome = decide("aggregation=FiveMinute", min_aggregation=Aggregation.HOUR)
        assert reasons_of(outcome)[2] == ("minAggregation", "Hour", "FiveMinute")
        assert "FiveMinute is requested: it is raised to Hour" in outcome.reasons[2].message

    def test_nodes_that_the_account_alone_restricts_are_reported_so(self):
        assert reasons_of(decide("nodeId=1", nodes={1}))[0] == ("nodes", "", "1")

    @pytest.mark.parametrize(
        ("token_type", "data_rules"), [("User", ["type"]), ("ReadNodeData", ["nodeIds", "sourceIds", "minAggregation"])]
    )
    def test_each_rule_names_itself(self, token_type, data_rules):
        findings = authorize(access(Policy(), token_type=TokenType(token_type))).findings
        assert [finding.decision.rule for finding in findings] == ["status", "notAfter", "type", "apiPaths", *data_rules]

    def test_a_key_refresh_is_reported_to_read_no_data(self):
        assert reasons_of(decide(path=REFRESH, node_ids=(1,))) == [("type", "", "")]


class TestNodes:
    def test_requested_nodes_are_kept_if_allowed(self):
        assert nodes_of("nodeIds=3,1,9", node_ids=(1, 2, 3)) == (3, 1)

    def test_a_request_that_names_none_gets_the_policys(self):
        assert nodes_of(node_ids=(2, 1)) == (2, 1)

    def test_a_request_for_nodes_that_are_not_allowed_is_denied_naming_them(self):
        denied = nodes_of("nodeIds=8,9", node_ids=(1, 2))
        assert (denied.rule, denied.value) == ("nodeIds", "8, 9")

    @pytest.mark.parametrize(
        "query", ["nodeId=1&nodeId=2", "nodeIds=1,2", "nodeIds=1&nodeId=2", "nodeIds=1%2C2", "node%49ds=1,2", "&&nodeIds=1,2&x"]
    )
    def test_lists_are_separated_by_commas_or_repeated(self, query):
        assert nodes_of(query, node_ids=(1, 2, 3)) == (1, 2)

    def test_duplicates_are_dropped(self):
        assert nodes_of("nodeIds=1,2,1&nodeId=2") == (1, 2)

    def test_a_node_outside_the_account_is_dropped(self):
        assert nodes_of("nodeIds=1,2", node_ids=(1, 2), nodes={2, 3}) == (2,)

    def test_a_policy_node_that_left_the_account_is_dropped(self):
        assert nodes_of(node_ids=(1, 2), nodes={2}) == (2,)

    def test_a_policy_whose_nodes_all_left_is_a_denial(self):
        assert nodes_of(node_ids=(1, 2), nodes={3}).rule == "nodes"

    def test_without_policy_nodes_a_request_gets_the_accounts(self):
        assert nodes_of(nodes=[1000, 70, 5]) == (5, 70, 1000)

    def test_without_policy_nodes_a_foreign_node_is_denied(self):
        denied = nodes_of("nodeId=9", nodes={1})
        assert (denied.rule, denied.value) == ("nodes", "9")

    @pytest.mark.parametrize(("query", "words"), [("nodeId=9", "Node 9:"), ("nodeIds=9,8", "Nodes 9, 8:")])
    def test_a_denial_speaks_of_one_node_or_of_several(self, query, words):
        assert nodes_of(query, node_ids=(1,)).message.startswith(words)
        assert nodes_of(query, nodes={1}).message.startswith(words)

    def test_an_account_without_nodes_is_a_denial(self):
        assert nodes_of(nodes=()).rule == "nodes"

    def test_without_policy_and_account_the_nodes_are_as_requested(self):
        assert nodes_of("nodeIds=9,4") == (9, 4)

    def test_without_policy_account_and_requested_nodes_nothing_restricts_the_nodes(self):
        assert nodes_of() is None

    def test_a_list_of_nodes_that_was_left_empty_allows_none(self):
        assert isinstance(nodes_of("nodeId=1", node_ids=()), Denied)

    @pytest.mark.parametrize(
        "text", ["", "x", "1,", ",1", "1,,2", "0", "-1", "1.5", "1e3", "0x1", "%2B1", "1_0", "٣", "%FF", "%", "+1"]
    )
    def test_a_node_that_cannot_be_read_is_denied_even_without_a_policy(self, text):
        assert nodes_of(f"nodeIds={text}").rule == "nodeIds"

    @pytest.mark.parametrize("number", [2**63, 10**18 * 10, 10**400])
    def test_a_number_that_is_no_node_id_is_denied(self, number):
        assert nodes_of(f"nodeId={number}").rule == "nodeIds"

    def test_the_largest_node_id_can_be_read(self):
        assert nodes_of(f"nodeId={2**63 - 1}") == (2**63 - 1,)


class TestNodesOfThePath:
    def test_a_path_names_a_node(self):
        assert nodes_of(path=f"{META}/2", node_ids=(1, 2)) == (2,)

    def test_a_node_of_the_path_that_is_not_allowed_is_denied(self):
        assert nodes_of(path=f"{META}/9", node_ids=(1, 2)).value == "9"

    def test_the_query_does_not_make_up_for_a_node_of_the_path(self):
        assert isinstance(nodes_of("nodeId=1", path=f"{META}/9", node_ids=(1, 2)), Denied)

    def test_head_names_what_get_names(self):
        assert isinstance(nodes_of(path=f"{META}/9", method="HEAD", node_ids=(1, 2)), Denied)

    def test_a_service_that_is_not_known_is_read_like_the_known_ones(self):
        assert isinstance(nodes_of(path="/mine/api/v1/sec/datum/meta/9", node_ids=(1, 2)), Denied)

    @pytest.mark.parametrize(
        "path",
        [
            "/solarquery/api/v1/sec/datum//meta/9",
            "/solarquery/api/v1/sec/datum/./meta/9",
            "/solarquery/api/v1/sec/x/../datum/meta/9",
            "/solarquery/api/v1/sec/datum;a=b/meta/9",
            "/solarquery/api/v1/sec/datum%2Fmeta%2F9",
            "/solarquery/api//v1/sec/datum/meta/9",
            "/solarquery/api/v1/sec/d%61tum/meta/%39",
            "/solarquery/api/v1/sec/datum/meta/9/",
            "/solarquery/api/v1/sec/datum/meta/9;a=b",
        ],
    )
    def test_no_spelling_hides_a_node_of_the_path(self, path):
        assert isinstance(nodes_of(path=path, node_ids=(1, 2)), Denied)

    def test_a_node_of_the_path_that_cannot_be_read_is_denied(self):
        assert nodes_of(path=f"{META}/x").rule == "nodeIds"

    def test_another_variable_names_no_node(self):
        assert nodes_of(path="/solarquery/api/v1/sec/location/meta/9", node_ids=(1, 2)) == (1, 2)

    def test_a_literal_method_is_not_taken_for_a_variable(self):
        assert nodes_of(path="/solarquery/api/v1/sec/location/meta/query", node_ids=(1, 2)) == (1, 2)


class TestSources:
    def test_a_plain_source_that_equals_an_entry_is_kept(self):
        assert sources_of("sourceIds=/b,/a,/x", source_ids=("/a", "/b")) == ("/b", "/a")

    def test_a_plain_source_that_matches_an_entry_is_kept(self):
        assert sources_of("sourceId=/a/1", source_ids=("/a/*",)) == ("/a/1",)

    def test_a_request_that_names_none_gets_the_policys_patterns_included(self):
        assert sources_of(source_ids=("/b/*", "/a")) == ("/b/*", "/a")

    def test_a_pattern_within_one_entry_stays(self):
        assert sources_of("sourceId=/a/*/x", source_ids=("/b", "/a/**")) == ("/a/*/x",)

    def test_a_wider_pattern_is_replaced_by_the_plain_entries_it_matches(self):
        assert sources_of("sourceId=/**", source_ids=("/a/1", "/a/*", "/b")) == ("/a/1", "/b")

    def test_a_replacement_takes_the_position_of_the_pattern(self):
        assert sources_of("sourceIds=/c,/a/*,/b", source_ids=("/b", "/a/2", "/a/1", "/c")) == ("/c", "/a/2", "/a/1", "/b")

    def test_a_wider_pattern_that_matches_no_plain_entry_is_denied(self):
        assert sources_of("sourceId=/**", source_ids=("/a/*",)).rule == "sourceIds"

    def test_a_pattern_within_two_entries_together_does_not_stay(self):
        assert sources_of("sourceId=/a/*", source_ids=("/a/?*", "/a/")) == ("/a/",)

    def test_sources_that_are_not_allowed_are_denied_naming_them(self):
        denied = sources_of("sourceIds=/x,/y", source_ids=("/a",))
        assert (denied.rule, denied.value) == ("sourceIds", "/x, /y")

    @pytest.mark.parametrize(
        ("query", "entry"), [("/meter/1", "**"), ("/x", "*/x"), ("/meter/*", "**"), ("**", "/**"), ("*", "/*")]
    )
    def test_a_slash_at_the_beginning_is_matched_by_no_wildcard(self, query, entry):
        assert isinstance(sources_of(f"sourceId={query}", source_ids=(entry,)), Denied)

    def test_a_wider_pattern_is_replaced_by_what_begins_as_it_does(self):
        assert sources_of("sourceId=**", source_ids=("/meter/1", "meter/2")) == ("meter/2",)

    def test_without_policy_sources_are_as_requested(self):
        assert sources_of("sourceIds=/x,/**&sourceId=/x") == ("/x", "/**")

    def test_without_policy_and_requested_sources_nothing_restricts_the_sources(self):
        assert sources_of() is None

    def test_a_list_of_sources_that_was_left_empty_allows_none(self):
        assert isinstance(sources_of(source_ids=()), Denied)

    def test_case_counts(self):
        assert isinstance(sources_of("sourceId=/A", source_ids=("/a",)), Denied)

    @pytest.mark.parametrize(
        ("query", "source"), [("a+b", "a b"), ("a%20b", "a b"), ("a%2Bb", "a+b"), ("%C3%A9", "é"), ("%252F", "%2F")]
    )
    def test_a_source_is_decoded_once_and_a_plus_is_a_space(self, query, source):
        assert sources_of(f"sourceId={query}") == (source,)

    @pytest.mark.parametrize("text", ["", "/a,", "/a,,/b", "%FF", "%C0%AF", "%ED%A0%80", "%zz", "a%00", "a%0Ab"])
    def test_a_source_that_cannot_be_read_is_denied_even_without_a_policy(self, text):
        assert sources_of(f"sourceId={text}").rule == "sourceIds"


class TestManyPatterns:
    @pytest.mark.parametrize("count", [400, 1000])
    def test_none_that_is_allowed_is_dropped(self, count):
        entries = tuple(f"/**/meter{number}/*" for number in range(count))
        requested = [f"/site/**/meter{number}/*" for number in range(0, count, 80)]
        assert sources_of(f"sourceIds={','.join(requested)}", source_ids=entries) == tuple(requested)

    def test_a_thousand_are_compared_with_a_thousand(self):
        entries = tuple(f"/meter{number}/**" for number in range(1000))
        requested = tuple(f"/meter{number}/?/*" for number in range(1000))
        assert sources_of(f"sourceIds={','.join(requested)}", source_ids=entries) == requested

    @pytest.mark.parametrize(
        ("entry", "source"),
        [
            ("/" + "*a" * 28 + "*{:04}", "/*" + "a*" * 28 + "b{:04}"),
            ("/*" + "?a" * 28 + "{:04}", "/" + "a" * 58 + "b{:04}"),
            ("/" + "*a" * 28 + "*{:04}", "/*" + "?a" * 28 + "{:04}"),
        ],
    )
    def test_what_takes_too_much_work_is_denied_as_too_large(self, entry, source):
        entries, requested = (tuple(text.format(number) for number in range(1000)) for text in (entry, source))
        denied = decide(f"sourceIds=/ok,{','.join(requested)}", source_ids=("/ok", *entries))
        assert (denied.rule, denied.entry) == ("work", "")
        assert "too large: comparing its 1,001 sources with the policy's 1,001 takes too much work" in denied.message

    def test_a_denial_as_too_large_comes_after_what_was_found_before(self):
        entries = tuple("/*" + "?a" * 28 + f"{number:04}" for number in range(1000))
        requested = ",".join("/" + "a" * 58 + f"b{number:04}" for number in range(20))
        found = authorize(access(Policy(node_ids=(1,), source_ids=entries), query=f"sourceIds={requested}", nodes={1}))
        assert (found.code, [finding.step for finding in found.findings][-2:]) == ("DATA_NOT_ALLOWED", ["nodeIds", "work"])


class TestSourcesOfThePath:
    def test_an_encoded_slash_belongs_to_the_source(self):
        assert sources_of(path=f"{META}/1/%2Fa%2F1", source_ids=("/a/*",)) == ("/a/1",)

    def test_a_source_of_the_path_that_is_not_allowed_is_denied(self):
        assert sources_of("sourceId=/a/1", path=f"{META}/1/%2Fb", source_ids=("/a/*",)).value == "/b"

    def test_a_pattern_in_the_path_cannot_be_replaced(self):
        assert isinstance(sources_of(path=f"{META}/1/%2F**", source_ids=("/a",)), Denied)

    def test_a_comma_in_the_path_cannot_pose_as_two_sources(self):
        assert isinstance(sources_of(path=f"{META}/1/a,b", source_ids=("a*",)), Denied)


class TestAggregation:
    @pytest.mark.parametrize(("query", "result"), [("", None), ("aggregation=Hour", "Hour"), ("aggregation=None", "None")])
    @pytest.mark.parametrize("minimum", [None, Aggregation.NONE])
    def test_without_a_minimum_it_is_as_requested(self, query, result, minimum):
        assert aggregation_of(query, min_aggregation=minimum) == result

    @pytest.mark.parametrize(
        ("requested", "result"),
        [
            ("", "Hour"),
            ("aggregation=None", "Hour"),
            ("aggregation=0", "Hour"),
            ("aggregation=FiveMinute", "Hour"),
            ("aggregation=5m", "Hour"),
            ("aggregation=Hour", "Hour"),
            ("aggregation=HourOfDay", "HourOfDay"),
            ("aggregation=Day", "Day"),
            ("aggregation=d", "Day"),
            ("aggregation=RunningTotal", "RunningTotal"),
        ],
    )
    def test_a_finer_level_is_raised_to_the_minimum(self, requested, result):
        assert aggregation_of(requested, min_aggregation=Aggregation.HOUR) == result

    @pytest.mark.parametrize(
        ("requested", "result"), [("", None), ("aggregation=None", "None"), ("aggregation=Minute", "Minute")]
    )
    def test_without_a_minimum_a_level_is_as_requested(self, requested, result):
        assert aggregation_of(requested) == result

    def test_the_same_aggregation_twice_is_one(self):
        assert aggregation_of("aggregation=Day&aggregation=d") is Aggregation.DAY

    @pytest.mark.parametrize(
        "query", ["aggregation=Day&aggregation=Hour", "aggregation=Day,Hour", "aggregation=", "aggregation=hour%FF"]
    )
    def test_an_aggregation_that_cannot_be_read_is_denied(self, query):
        assert aggregation_of(query).rule == "minAggregation"


class TestWhoHasADataPolicy:
    def test_a_user_token_has_none(self):
        found = authorize(access(Policy(), token_type=TokenType.USER, query="nodeId=x&sourceId=", nodes=()))
        assert (found.denial, found.effective) == (None, Effective())

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_refreshing_a_key_requests_no_data(self, method):
        assert decide(path=REFRESH, method=method, nodes=(), node_ids=(1,)).effective == Effective()

    def test_no_other_method_is_taken_for_a_refresh(self):
        assert isinstance(decide(path=REFRESH.replace("v2", "v3"), nodes=()), Denied)

    def test_a_path_without_api_prefix_has_a_data_policy_too(self):
        assert nodes_of("nodeId=9", path="/widgets", node_ids=(1,)).rule == "nodeIds"


class TestExplanations:
    def test_every_rule_gives_its_reason(self):
        policy = Policy(api_paths=("/datum/*",), node_ids=(1,), source_ids=("/a/*",), min_aggregation=Aggregation.HOUR)
        findings = authorize(access(policy, query="nodeId=1&sourceId=/a/1", nodes={1})).findings
        assert [(finding.step, finding.decision.entry) for finding in findings] == [
            ("status", ""),
            ("expiry", ""),
            ("type", ""),
            ("apiPaths", "/datum/*"),
            ("nodeIds", ""),
            ("sourceIds", "/a/*"),
            ("minAggregation", "Hour"),
        ]

    def test_a_denial_comes_after_what_passed_before_it(self):
        found = authorize(access(Policy(node_ids=(1,), source_ids=("/a",)), query="sourceId=/b"))
        assert [finding.step for finding in found.findings] == ["status", "expiry", "type", "apiPaths", "nodeIds", "sourceIds"]
        assert found.denial == found.findings[-1].decision

    def test_every_page_reports_that_a_data_token_may_not_refresh(self):
        assert authorize(access(Policy(), path=REFRESH)).code == "REFRESH_NOT_ALLOWED"

    def test_an_account_without_nodes_is_denied_without_an_entry_or_a_value(self):
        denied = decide(nodes=())
        assert (denied.rule, denied.entry, denied.value) == ("nodes", "", "")

    def test_a_policy_that_allows_no_source_is_denied_without_an_entry_or_a_value(self):
        denied = decide(source_ids=())
        assert (denied.rule, denied.entry, denied.value) == ("sourceIds", "", "")

    @pytest.mark.parametrize(("count", "value"), [(5, "1, 2, 3, 4, 5"), (6, "1, 2, 3, 4, 5 and 1 more")])
    def test_a_list_is_spelled_out_up_to_five_entries(self, count, value):
        nodes = ",".join(str(node) for node in range(1, count + 1))
        assert nodes_of(f"nodeIds={nodes}", node_ids=(9,)).value == value

    def test_a_request_without_an_aggregation_is_said_to_be_raised(self):
        reason = decide(min_aggregation=Aggregation.HOUR).reasons[-1]
        assert reason.message == "No aggregation is requested: it is raised to Hour."

    def test_an_aggregation_is_no_list(self):
        assert decide("aggregation=Hour,Hour").rule == "minAggregation"

    def test_what_is_shown_has_no_control_characters(self):
        assert nodes_of("nodeId=%0Ax").value == "\\nx"

    def test_what_is_shown_is_short(self):
        assert len(nodes_of("nodeId=" + "x" * 5000).message) < 300

    def test_the_effective_restrictions_are_json(self):
        effective = decide("nodeId=1&aggregation=d", source_ids=("/a",)).effective
        assert effective.to_json() == {"nodeIds": [1], "sourceIds": ["/a"], "aggregation": "Day"}
