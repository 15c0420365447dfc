"""Reading, writing, merging and checking a policy."""

import contextlib
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import PolicyError
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.merging import merge
from tokens.domain.policies.policy import Policy, check_applicable, check_not_past, last_instant_of
from tokens.domain.policies.stored import loads_policy
from tokens.domain.policies.table import RESTRICTIONS, TokenType
from tokens.domain.policies.values import MAX_INSTANT, MAX_NODE_ID, split_entries

FULL = {
    "apiPaths": ["/datum/**", "!/datum/stream/**"],
    "notAfter": 1798761599999,
    "minAggregation": "Hour",
    "nodeIds": [101, 102],
    "refreshAllowed": True,
    "sourceIds": ["/a/*"],
    "nodeMetadataPaths": ["/m/place"],
    "userMetadataPaths": ["/pm/**"],
}
LISTS = ["apiPaths", "nodeIds", "sourceIds", "nodeMetadataPaths", "userMetadataPaths"]


def problems_of(document):
    with pytest.raises(PolicyError) as caught:
        Policy.from_json(document)
    return [problem.field for problem in caught.value.problems]


class TestReading:
    def test_every_restriction_is_read_and_written_unchanged(self):
        assert Policy.from_json(FULL).to_json() == FULL

    def test_an_empty_object_is_an_empty_policy(self):
        assert Policy.from_json({}).is_empty

    @pytest.mark.parametrize("document", [dict.fromkeys(FULL), {"minAggregation": "None"}, {"refreshAllowed": False}])
    def test_null_none_and_false_are_not_set(self, document):
        assert Policy.from_json(document) == Policy()

    @pytest.mark.parametrize("key", ["nodeids", "node_ids", "expiry", "", "NodeIds"])
    def test_an_unknown_key_is_refused_by_name(self, key):
        assert problems_of({key: None}) == [key]

    def test_every_problem_is_listed(self):
        assert problems_of({"x": 1, "notAfter": "soon", "nodeIds": [0, -1]}) == ["x", "notAfter", "nodeIds", "nodeIds"]

    @pytest.mark.parametrize("document", [None, [], "x", 1, True])
    def test_only_an_object_is_a_policy(self, document):
        assert problems_of(document) == ["policy"]

    @pytest.mark.parametrize("key", LISTS)
    @pytest.mark.parametrize("value", [[], "x", 5, {"a": 1}, True, [None], [["/m"]], [1.5]])
    def test_what_is_no_list_of_entries_is_refused(self, key, value):
        assert set(problems_of({key: value})) == {key}

    @pytest.mark.parametrize("value", [True, "1", 1.5, -1, MAX_INSTANT + 1, float("inf"), [1]])
    def test_what_is_no_instant_is_refused(self, value):
        assert problems_of({"notAfter": value}) == ["notAfter"]

    @pytest.mark.parametrize("value", [0, MAX_INSTANT])
    def test_the_first_and_the_last_instant_are_read(self, value):
        assert Policy.from_json({"notAfter": value}).expires_at() is not None

    @pytest.mark.parametrize("value", ["hourly", "", 5, True, ["Hour"]])
    def test_what_is_no_aggregation_is_refused(self, value):
        assert problems_of({"minAggregation": value}) == ["minAggregation"]

    @pytest.mark.parametrize("value", ["true", 1, 0, [], "None"])
    def test_only_true_and_false_are_a_grant(self, value):
        assert problems_of({"refreshAllowed": value}) == ["refreshAllowed"]

    @pytest.mark.parametrize("value", [0, -5, "1", 1.0, True, MAX_NODE_ID + 1])
    def test_what_is_no_node_id_is_refused(self, value):
        assert problems_of({"nodeIds": [1, value]}) == ["nodeIds"]

    @pytest.mark.parametrize(
        ("key", "entry"),
        [
            ("apiPaths", "datum"),
            ("apiPaths", "!datum"),
            ("apiPaths", "!"),
            ("apiPaths", "/" + "x" * 256),
            ("sourceIds", "x" * 65),
            ("sourceIds", "a,b"),
            ("sourceIds", " "),
            ("sourceIds", "a\x00b"),
            ("sourceIds", "a\x85b"),
            ("sourceIds", "a\ud800b"),
            ("nodeMetadataPaths", "m/a"),
            ("nodeMetadataPaths", "/x/a"),
            ("userMetadataPaths", "/*/a"),
        ],
    )
    def test_an_entry_that_breaks_a_rule_is_refused(self, key, entry):
        assert problems_of({key: [entry]}) == [key]

    @pytest.mark.parametrize(
        ("key", "entry", "advice"),
        [
            ("apiPaths", "datum/**", "Write /datum/** instead."),
            ("apiPaths", "!datum/**", "Write !/datum/** instead."),
            ("nodeMetadataPaths", "m/a", "or /**. Did you mean /m/a?"),
            ("nodeMetadataPaths", "/mp/a", "or /**. Did you mean /pm/a or /m/a?"),
            ("userMetadataPaths", "/*/a", "or /**. Did you mean /**/a?"),
            ("userMetadataPaths", "/other", "A metadata path starts with /m, /pm or /**."),
        ],
    )
    def test_an_entry_with_another_beginning_is_told_what_may_be_meant(self, key, entry, advice):
        with pytest.raises(PolicyError) as refused:
            Policy.from_json({key: [entry]})
        assert [problem.message[-len(advice) :] for problem in refused.value.problems] == [advice]

    @pytest.mark.parametrize(
        ("key", "entry"),
        [
            ("apiPaths", "/" + "x" * 255),
            ("apiPaths", "!/x"),
            ("sourceIds", "x" * 64),
            ("sourceIds", "مقياس"),
            ("nodeMetadataPaths", "/m"),
            ("nodeMetadataPaths", "/pm/a/**"),
            ("userMetadataPaths", "/**"),
            ("userMetadataPaths", "/**/a"),
        ],
    )
    def test_an_entry_at_the_limit_is_read(self, key, entry):
        assert Policy.from_json({key: [entry]}).to_json() == {key: [entry]}

    def test_entries_are_trimmed_and_duplicates_dropped_in_order(self):
        assert Policy.from_json({"sourceIds": [" /b", "/a", "/b ", "/a"]}).source_ids == ("/b", "/a")

    def test_a_thousand_entries_are_read(self):
        assert len(Policy.from_json({"nodeIds": list(range(1, 1001))}).node_ids) == 1000

    @pytest.mark.parametrize("key", LISTS)
    def test_one_more_is_refused(self, key):
        assert problems_of({key: list(range(1, 1002)) if key == "nodeIds" else [f"/m/{number}" for number in range(1001)]}) == [
            key
        ]

    def test_a_problem_shows_little_of_a_long_value(self):
        with pytest.raises(PolicyError) as caught:
            Policy.from_json({"sourceIds": ["x" * 100_000]})
        assert len(caught.value.problems[0].value) < 150

    def test_a_problem_can_always_be_encoded(self):
        with pytest.raises(PolicyError) as caught:
            Policy.from_json({"sourceIds": ["\ud800"]})
        assert caught.value.problems[0].value.encode()


class TestJsonText:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
    )
    def test_every_encoding_of_json_is_read(self, encoding):
        text = json.dumps({"sourceIds": ["/é"]}, ensure_ascii=False)
        assert loads_policy(text.encode(encoding)).source_ids == ("/é",)

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"{",
            b"{}{}",
            b"\xff",
            b"\xff\xfe\x00\xd8",
            b'{"notAfter": NaN}',
            b'{"notAfter": Infinity}',
            b'{"notAfter": 1e999}',
            b'{"notAfter": ' + b"9" * 5000 + b"}",
            b'{"nodeIds": [1], "nodeIds": [2]}',
            b'{"sourceIds": ["\\ud800"]}',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            "\ufeff{}",
        ],
        ids=range(14),
    )
    def test_what_cannot_be_read_without_guessing_is_refused(self, text):
        with pytest.raises(PolicyError):
            loads_policy(text)

    def test_a_duplicate_key_is_named(self):
        with pytest.raises(PolicyError, match="nodeIds is given twice"):
            loads_policy('{"nodeIds": [1], "nodeIds": [1]}')

    @given(text=st.binary() | st.text())
    def test_any_text_gives_a_policy_or_a_policy_error(self, text):
        with contextlib.suppress(PolicyError):
            assert isinstance(loads_policy(text), Policy)

    def test_what_is_written_is_read_back(self):
        policy = Policy.from_json(FULL)
        assert loads_policy(json.dumps(policy.to_json())) == policy


class TestMerging:
    def test_lists_are_united_in_order(self):
        merged = merge(Policy(node_ids=(1, 2), source_ids=("/a",)), Policy(node_ids=(3, 2)))
        assert (merged.node_ids, merged.source_ids) == ((1, 2, 3), ("/a",))

    def test_single_values_are_replaced(self):
        merged = merge(
            Policy(not_after=1, min_aggregation=Aggregation.DAY), Policy(not_after=2, min_aggregation=Aggregation.HOUR)
        )
        assert (merged.not_after, merged.min_aggregation) == (2, Aggregation.HOUR)

    def test_what_is_not_set_stays(self):
        policy = Policy.from_json(FULL)
        assert merge(policy, Policy()) == policy

    def test_an_instant_of_zero_is_set(self):
        assert merge(Policy(not_after=5), Policy(not_after=0)).not_after == 0

    def test_a_list_that_grows_too_long_is_refused(self):
        with pytest.raises(PolicyError, match="1,001"):
            merge(Policy(node_ids=tuple(range(1, 1001))), Policy(node_ids=(2000,)))


def refuses(check, *arguments):
    try:
        check(*arguments)
    except PolicyError:
        return True
    return False


class TestChecks:
    @pytest.mark.parametrize(
        "row", [row for row in RESTRICTIONS if not row.applies_to(TokenType.USER)], ids=lambda row: row.json_key
    )
    def test_a_restriction_that_a_user_token_may_not_carry_is_refused(self, row):
        with pytest.raises(PolicyError, match=row.json_key):
            check_applicable(Policy.from_json({row.json_key: FULL[row.json_key]}), TokenType.USER)

    def test_a_data_token_may_carry_every_restriction(self):
        assert not refuses(check_applicable, Policy.from_json(FULL), TokenType.DATA)

    def test_a_day_lasts_to_its_last_millisecond(self):
        assert Policy(not_after=last_instant_of(date(2026, 2, 28))).expires_at() == datetime(
            2026, 2, 28, 23, 59, 59, 999000, tzinfo=UTC
        )

    def test_the_last_day_of_all_can_be_shown(self):
        assert last_instant_of(date.max) == MAX_INSTANT

    @pytest.mark.parametrize(("not_after", "refused"), [(1001, False), (1000, False), (999, True), (0, True), (None, False)])
    def test_an_expiry_before_this_instant_is_refused(self, not_after, refused):
        assert refuses(check_not_past, Policy(not_after=not_after), datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) is refused


class TestTyping:
    @pytest.mark.parametrize(
        ("text", "entries"),
        [
            ("", ()),
            (" , \n ", ()),
            ("/a, /b\r\n/c\n\n/a,,", ("/a", "/b", "/c")),
            ("one entry", ("one entry",)),
        ],
    )
    def test_typed_text_is_split_at_commas_and_line_breaks(self, text, entries):
        assert split_entries(text) == entries
