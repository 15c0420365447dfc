"""The data policy: the aggregation of a request, who has such a policy, and why it decided so."""

import pytest

from tests.domain.authorization.deciding import access, decide, nodes_of, sources_of
from tokens.domain.authorization.rules import authorize
from tokens.domain.outcomes import Allowed, Denied, Effective
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"


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
