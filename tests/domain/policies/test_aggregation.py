"""Aggregation levels: names, short keys, and a minimum that is spelled out as the list of all that it allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.requested import Requested, read_requested
from tokens.domain.errors import PolicyError
from tokens.domain.policies.aggregation import Aggregation, find_aggregation
from tokens.domain.policies.merging import PolicyChange
from tokens.domain.policies.policy import Policy, check_applicable
from tokens.domain.policies.table import REFUSED_KEYS, TokenType

# SPEC, "Minimum Aggregation": the short keys of SolarNetwork's API, and no others.
SHORT_KEYS = {
    "0": "None",
    "m": "Minute",
    "5m": "FiveMinute",
    "10m": "TenMinute",
    "15m": "FifteenMinute",
    "30m": "ThirtyMinute",
    "h": "Hour",
    "hd": "HourOfDay",
    "hy": "HourOfYear",
    "shd": "SeasonalHourOfDay",
    "d": "Day",
    "wd": "DayOfWeek",
    "yd": "DayOfYear",
    "swd": "SeasonalDayOfWeek",
    "w": "Week",
    "yw": "WeekOfYear",
    "M": "Month",
    "y": "Year",
    "rt": "RunningTotal",
}
INVENTED = ["hod", "hoy", "shod", "dow", "doy", "sdow", "woy", "1m", "60m", "5M", "H", "D", "W", "Y", "RT", "n", "hour", " h", ""]
# The levels that solarnetwork-api-core 3.0.0 knows.
CLIENT_LEVELS = [level for level in Aggregation if level not in {Aggregation.HOUR_OF_YEAR, Aggregation.DAY_OF_YEAR}]
FROM_WEEK = ["Week", "WeekOfYear", "Month", "Year", "RunningTotal"]


def spelled_out(minimum, names=CLIENT_LEVELS):
    """Return the list that the published client sends beside a minimum."""
    return [str(name) for name in names if name.level >= minimum.level]


def problem_of(document):
    with pytest.raises(PolicyError) as caught:
        Policy.from_json(document)
    (problem,) = caught.value.problems
    return problem


def read_query(text):
    return read_requested(method="GET", raw_path="/solarquery/api/v1/sec/datum/list", query=f"aggregation={text}")


class TestLevels:
    def test_the_levels_are_ordered_as_the_spec_lists_them(self):
        names = [
            "None",
            "Minute",
            "FiveMinute",
            "TenMinute",
            "FifteenMinute",
            "ThirtyMinute",
            "Hour",
            "Day",
            "Week",
            "Month",
            "Year",
            "RunningTotal",
        ]
        assert [Aggregation(name).level for name in names] == list(range(12))

    @pytest.mark.parametrize(
        ("grouping", "unit"),
        [
            ("HourOfDay", "Hour"),
            ("HourOfYear", "Hour"),
            ("SeasonalHourOfDay", "Hour"),
            ("DayOfWeek", "Day"),
            ("DayOfYear", "Day"),
            ("SeasonalDayOfWeek", "Day"),
            ("WeekOfYear", "Week"),
        ],
    )
    def test_a_grouping_counts_like_its_unit(self, grouping, unit):
        assert Aggregation(grouping).level == Aggregation(unit).level


class TestShortKeys:
    @pytest.mark.parametrize(("key", "name"), SHORT_KEYS.items())
    def test_each_stands_for_its_level_in_a_policy(self, key, name):
        stored = {} if name == "None" else {"minAggregation": name}
        assert Policy.from_json({"minAggregation": key}).to_json() == stored

    @pytest.mark.parametrize(("key", "name"), SHORT_KEYS.items())
    def test_each_stands_for_its_level_in_a_request(self, key, name):
        assert read_query(key) == Requested(aggregation=Aggregation(name))

    @pytest.mark.parametrize("key", INVENTED)
    def test_no_other_is_read(self, key):
        assert find_aggregation(key) is None

    @given(text=st.text(alphabet="0135hdwymMrtsoak", max_size=4))
    def test_no_combination_of_their_letters_is_read(self, text):
        assert (find_aggregation(text) is not None) == (text in SHORT_KEYS)

    @pytest.mark.parametrize("key", INVENTED)
    def test_no_other_passes_in_a_request(self, key):
        assert read_query(key).rule == "minAggregation"


class TestSpelledOut:
    @pytest.mark.parametrize("minimum", Aggregation)
    def test_what_the_published_client_sends_is_read(self, minimum):
        document = {"aggregations": spelled_out(minimum), "minAggregation": str(minimum)}
        assert Policy.from_json(document) == Policy.from_json({"minAggregation": str(minimum)})

    @pytest.mark.parametrize("minimum", Aggregation)
    def test_short_keys_are_read_in_the_list_too(self, minimum):
        keys = {name: key for key, name in SHORT_KEYS.items()}
        document = {"aggregations": [keys[name] for name in spelled_out(minimum)], "minAggregation": keys[minimum]}
        assert Policy.from_json(document) == Policy.from_json({"minAggregation": str(minimum)})

    def test_any_name_stands_for_its_level_beside_the_minimum(self):
        names = ["HourOfYear", "SeasonalDayOfWeek", "WeekOfYear", "Month", "Year", "RunningTotal"]
        assert Policy.from_json({"minAggregation": "Hour", "aggregations": names}).min_aggregation is Aggregation.HOUR

    def test_order_and_repetition_do_not_matter(self):
        names = [*reversed(FROM_WEEK), *FROM_WEEK]
        assert Policy.from_json({"minAggregation": "Week", "aggregations": names}).min_aggregation is Aggregation.WEEK

    def test_a_missing_level_is_named(self):
        problem = problem_of({"minAggregation": "Week", "aggregations": ["Week", "Year"]})
        assert problem.field == "aggregations"
        assert "Month, RunningTotal are missing" in problem.message

    def test_a_finer_level_is_named(self):
        problem = problem_of({"minAggregation": "Week", "aggregations": ["Day", *FROM_WEEK]})
        assert problem.field == "aggregations"
        assert "Day is finer" in problem.message

    def test_missing_and_finer_levels_are_told_at_once(self):
        problem = problem_of({"minAggregation": "Month", "aggregations": ["Hour", "Day", "Year", "RunningTotal"]})
        assert "Month is missing and Hour, Day are finer" in problem.message

    def test_a_list_of_some_levels_is_refused_without_a_minimum_too(self):
        problem = problem_of({"minAggregation": "None", "aggregations": ["Hour", "Day"]})
        assert "None, Minute, FiveMinute" in problem.message

    def test_what_is_no_aggregation_is_named(self):
        problem = problem_of({"minAggregation": "Week", "aggregations": [*FROM_WEEK, "Fortnight"]})
        assert (problem.field, problem.value) == ("aggregations", "Fortnight")

    @pytest.mark.parametrize("value", [[], "Week", 5, True, {"Week": 1}, [["Week"]], [None]])
    def test_what_is_no_list_of_aggregations_is_refused(self, value):
        assert problem_of({"minAggregation": "Week", "aggregations": value}).field == "aggregations"

    def test_null_is_as_good_as_left_out(self):
        assert Policy.from_json({"minAggregation": "Week", "aggregations": None}).min_aggregation is Aggregation.WEEK

    def test_it_is_never_written(self):
        document = {"minAggregation": "Week", "aggregations": FROM_WEEK}
        assert Policy.from_json(document).to_json() == {"minAggregation": "Week"}

    @given(listed=st.lists(st.sampled_from(Aggregation), min_size=1), minimum=st.sampled_from(Aggregation))
    def test_it_is_read_only_where_it_changes_nothing(self, listed, minimum):
        is_same = {level.level for level in listed} == {level.level for level in Aggregation if level.level >= minimum.level}
        try:
            policy = Policy.from_json({"minAggregation": str(minimum), "aggregations": [str(level) for level in listed]})
        except PolicyError:
            assert not is_same
        else:
            assert is_same
            assert policy == Policy.from_json({"minAggregation": str(minimum)})


class TestAlone:
    @pytest.mark.parametrize("minimum", ["Minute", "FiveMinute", "Hour", "Day", "Week", "Month", "Year", "RunningTotal"])
    def test_the_whole_list_of_a_minimum_is_that_minimum(self, minimum):
        listed = spelled_out(Aggregation(minimum))
        assert Policy.from_json({"aggregations": listed}).to_json() == {"minAggregation": minimum}

    def test_every_level_is_no_restriction(self):
        assert Policy.from_json({"aggregations": spelled_out(Aggregation.NONE)}) == Policy()

    def test_a_gap_is_named(self):
        problem = problem_of({"aggregations": ["Hour", "Week", "Year", "RunningTotal"]})
        assert problem.field == "aggregations"
        assert "Day, Month are missing" in problem.message

    def test_a_grouping_does_not_stand_for_its_unit(self):
        problem = problem_of({"aggregations": ["HourOfDay", "Day", "Week", "Month", "Year", "RunningTotal"]})
        assert "Hour is missing" in problem.message

    @given(listed=st.lists(st.sampled_from(Aggregation), min_size=1))
    def test_it_never_allows_finer_data_than_it_lists(self, listed):
        try:
            policy = Policy.from_json({"aggregations": [str(level) for level in listed]})
        except PolicyError:
            return
        assert (policy.min_aggregation or Aggregation.NONE) in listed
        assert (policy.min_aggregation or Aggregation.NONE).level == min(level.level for level in listed)


class TestInAChange:
    BEFORE = Policy(min_aggregation=Aggregation.DAY)

    def test_it_replaces_the_minimum(self):
        change = PolicyChange.from_json({"aggregations": FROM_WEEK})
        assert change.apply_to(self.BEFORE).min_aggregation is Aggregation.WEEK

    def test_every_level_takes_the_minimum_back(self):
        change = PolicyChange.from_json({"aggregations": spelled_out(Aggregation.NONE)})
        assert change.apply_to(self.BEFORE).min_aggregation is None

    def test_null_leaves_the_minimum(self):
        assert PolicyChange.from_json({"aggregations": None}).apply_to(self.BEFORE) == self.BEFORE


class TestLocationPrecisions:
    @pytest.mark.parametrize("key", ["minLocationPrecision", "locationPrecisions"])
    def test_are_refused_with_the_reason_and_the_remedy(self, key):
        problem = problem_of({key: "LatLong"})
        assert problem.field == key
        assert "no location data" in problem.message
        assert "Leave it out" in problem.message
        assert key in REFUSED_KEYS


def test_a_user_token_may_not_carry_the_list_either():
    with pytest.raises(PolicyError, match="does not apply to a User token"):
        check_applicable(Policy.from_json({"aggregations": FROM_WEEK}), TokenType.USER)
