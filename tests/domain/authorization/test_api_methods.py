"""SolarNetwork's API methods: which are allowed, and what the variables of a path name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.api_methods import METHODS, count_matches, matching_methods, methods_for, path_variables
from tokens.domain.authorization.rules import decide_api_path
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType

entries = st.lists(
    st.sampled_from(
        ["/**", "/datum/**", "/*/meta/**", "/nodes/*", "/datum/meta/1", "!/nodes/**", "!/**/1", "!/datum/*", "/d*/?*/**"]
    ),
    min_size=1,
    max_size=4,
)


def paths_of(*args):
    return {method.path for method in matching_methods(*args)}


def test_the_catalogue_knows_every_method():
    assert len(METHODS) == 410


def test_a_data_token_may_call_only_some_of_them():
    assert {method.method for method in methods_for(TokenType.DATA)} == {"GET"}
    assert {method.service for method in methods_for(TokenType.DATA)} == {"solarquery"}


def test_no_entries_allow_every_method():
    assert matching_methods([]) == METHODS


def test_a_count_reads_as_a_phrase():
    assert str(count_matches(["/datum/meta/*"], TokenType.DATA)) == "matches 1 of 31 API methods"


def test_a_pattern_that_matches_nothing_known_counts_none():
    assert count_matches(["/no/such/thing"]).matched == 0


@pytest.mark.parametrize("pattern", ["/nodes/meta/42", "/nodes/meta/4*", "/nodes/meta/??", "/nodes/*/{nodeId}", "/nodes/**"])
def test_a_template_matches_if_one_of_its_instances_does(pattern):
    assert "/nodes/meta/{nodeId}" in paths_of([pattern])


@pytest.mark.parametrize(
    "pattern", ["/nodes/meta/", "/nodes/meta", "/nodes/meta/a/b", "/Nodes/**", "!/nodes/meta/*", "!/**", "**"]
)
def test_a_template_does_not_match_if_none_of_its_instances_does(pattern):
    assert "/nodes/meta/{nodeId}" not in paths_of([pattern])


def test_an_exclusion_of_some_instances_leaves_the_method():
    assert "/nodes/meta/{nodeId}" in paths_of(["/nodes/**", "!/nodes/meta/42"])


@pytest.mark.parametrize("exclusion", ["!/nodes/meta/*", "!/nodes/meta/4*", "!/nodes/meta/42"])
def test_an_entry_that_is_excluded_whole_allows_nothing(exclusion):
    assert matching_methods(["/nodes/meta/42", exclusion]) == ()


@given(entries=entries, number=st.sampled_from(["1", "42"]))
def test_what_a_policy_allows_is_counted(entries, number):
    counted = paths_of(entries)
    policy = Policy(api_paths=tuple(entries))
    for method in METHODS[:60]:
        instance = "/".join(number if segment.startswith("{") else segment for segment in method.path.split("/"))
        assert not decide_api_path(policy, f"/solarquery/api/v1/sec{instance}").ok or method.path in counted


def test_head_counts_as_get_for_every_method():
    for method in METHODS:
        if method.method == "GET":
            segments = ["7" if segment.startswith("{") else segment for segment in method.segments]
            assert path_variables(method.service, "HEAD", segments) == path_variables(method.service, "GET", segments)


@pytest.mark.parametrize(
    ("service", "method", "path", "variables"),
    [
        ("solarquery", "GET", "datum/meta/5", {"nodeId": "5"}),
        ("solarquery", "HEAD", "datum/meta/5", {"nodeId": "5"}),
        ("solarquery", "GET", "datum/meta/5/%2Fa%2Fb", {"nodeId": "5", "sourceId": "%2Fa%2Fb"}),
        ("solarquery", "GET", "d%61tum/meta/5", {"nodeId": "5"}),
        ("solarquery", "GET", "location/meta/query", {}),
        ("solarquery", "GET", "location/meta/9", {"locationId": "9"}),
        ("solarquery", "GET", "datum/list", {}),
        ("solarquery", "GET", "no/such/thing", {}),
        ("solarquery", "GET", "", {}),
        ("solaruser", "POST", "nodes/cert/renew/7", {"nodeId": "7"}),
        ("elsewhere", "GET", "datum/meta/5", {"nodeId": "5"}),
        (None, "PURGE", "nodes/cert/7", {"nodeId": "7"}),
        # Another service has `location/meta/request`.
        ("solarquery", "GET", "location/meta/request", {"locationId": "request"}),
        ("solarquery", "HEAD", "location/meta/request", {"locationId": "request"}),
        ("elsewhere", "GET", "location/meta/request", {}),
    ],
)
def test_the_variables_of_the_most_specific_template_count(service, method, path, variables):
    assert path_variables(service, method, path.split("/")) == variables


def test_a_segment_that_is_not_utf8_is_still_a_variable():
    assert path_variables("solarquery", "GET", ["datum", "meta", "%FF"]) == {"nodeId": "%FF"}
