"""The data policy: the nodes of a request, and what is left of them."""

import pytest

from tests.domain.authorization.deciding import META, nodes_of
from tokens.domain.outcomes import Denied


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
