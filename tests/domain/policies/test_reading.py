"""The short ways of reading a policy give what the long way gives, or leave it to that."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import PolicyError
from tokens.domain.policies import stored as policies
from tokens.domain.policies import values
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.stored import MARK_LENGTH, RULES, loads_policy, mark_of
from tokens.domain.policies.table import RESTRICTIONS, Kind
from tokens.domain.strict_json import loads_strictly

# What policies consist of, and what tells a short way that is too short: blanks, commas, quotes, controls, surrogates, roots.
PIECES = st.sampled_from(
    [
        "/",
        "!/",
        "/m",
        "/pm",
        "/**",
        "/mother",
        "a",
        "*",
        "?",
        " ",
        "\u00a0",
        ",",
        '"',
        "\\",
        "\n",
        "\x7f",
        "\x85",
        "\ud800",
        "é",
        "'",
    ]
)
ENTRIES = st.lists(PIECES, max_size=4).map("".join) | st.sampled_from(["x" * 255, "/" + "y" * 255, "/m/" + "z" * 260, "/a" * 200])
NUMBERS = st.sampled_from([-1, 0, 1, 2**31, 10**13, 10**14, 253_402_300_799_999, 253_402_300_800_000, 2**63 - 1, 2**63])
SCALARS = NUMBERS | st.booleans() | st.none() | st.sampled_from([*Aggregation, "hour", "PT1H", "", 1.5])
LISTS = st.lists(ENTRIES, max_size=4) | st.lists(NUMBERS | st.booleans(), max_size=4) | st.lists(ENTRIES | SCALARS, max_size=3)
KEYS = st.sampled_from([key for row in RESTRICTIONS for key in row.keys]) | st.just("unknown")
DOCUMENTS = st.dictionaries(KEYS, LISTS | SCALARS, max_size=5)


def long_way(text: str) -> Policy | None:
    try:
        return Policy.from_json(loads_strictly(text))
    except PolicyError:
        return None


def short_way(text: str) -> Policy | None:
    try:
        return loads_policy(text)
    except PolicyError:
        return None


@given(DOCUMENTS, st.booleans())
def test_one_expression_for_the_whole_text_reads_as_all_the_rules_do(document, ascii_only):
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert short_way(text) == long_way(text)


@given(st.lists(st.tuples(KEYS, LISTS | SCALARS), max_size=4))
def test_a_key_that_is_written_twice_is_refused(pairs):
    text = "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
    assert short_way(text) == long_way(text)


@given(st.sampled_from([row for row in RESTRICTIONS if row.is_list]), LISTS)
def test_all_entries_together_are_judged_as_each_by_itself(row, entries):
    def read() -> object:
        try:
            return values.read_value(row, entries)
        except PolicyError as error:
            return error.problems

    together = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "_are_ordinary_patterns", lambda *_: False)
        patch.setattr(values, "_are_ordinary_nodes", lambda *_: False)
        assert together == read()


@pytest.mark.parametrize("row", RESTRICTIONS, ids=lambda row: row.json_key)
def test_what_the_portal_writes_is_read_the_short_way(row):
    entry = {Kind.API_PATHS: "/datum/**", Kind.METADATA_PATHS: "/pm/a/*", Kind.SOURCE_IDS: "/a/?", Kind.NODE_IDS: 7}
    single = {Kind.INSTANT: 1_800_000_000_000, Kind.AGGREGATION: Aggregation.HOUR, Kind.GRANT: True}
    value = [entry[row.kind]] * 2 if row.is_list else single[row.kind]
    text = json.dumps(Policy.from_json({row.json_key: value}).to_json())
    assert policies._loads_ordinary(text) == long_way(text)


def test_the_empty_policy_is_read_the_short_way():
    assert policies._loads_ordinary("{}") == Policy()


def test_1000_entries_are_read_without_looking_at_each(monkeypatch):
    monkeypatch.setattr(values, "pattern_problem", None)
    text = json.dumps({"sourceIds": [f"/meter/{number}" for number in range(1_000)]})
    assert len(loads_policy(text).source_ids) == 1_000


class TestMarks:
    @given(DOCUMENTS, st.booleans())
    def test_a_marked_text_reads_as_all_the_rules_do(self, document, ascii_only):
        text = json.dumps(document, ensure_ascii=ascii_only)
        mark = mark_of(text)
        assert len(mark) <= MARK_LENGTH
        if mark != RULES:
            assert loads_policy(text, mark) == long_way(text)

    @given(st.lists(st.tuples(KEYS, LISTS | SCALARS), max_size=4))
    def test_a_text_with_a_key_twice_gets_none(self, pairs):
        text = "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
        if mark_of(text) != RULES:
            assert len(dict(pairs)) == len(pairs)

    @pytest.mark.parametrize("text", ['{"sourceIds": ["/a", "/a"]}', '{"nodeIds": [7, 7]}'])
    def test_a_list_with_an_entry_twice_gets_none(self, text):
        assert mark_of(text) == RULES

    def test_a_policy_of_1000_entries_gets_one_and_is_not_checked_again(self, monkeypatch):
        text = json.dumps({"sourceIds": [f"/meter/{number}" for number in range(1_000)]})
        mark = mark_of(text)
        for name in ("_loads_ordinary", "loads_strictly"):
            monkeypatch.setattr(policies, name, None)
        assert len(loads_policy(text, mark).source_ids) == 1_000

    @pytest.mark.parametrize("mark", [mark_of("{}"), RULES, None, "", "x" * MARK_LENGTH])
    def test_a_mark_of_another_text_says_nothing(self, mark):
        with pytest.raises(PolicyError):
            loads_policy('{"sourceIds": []}', mark)

    def test_a_mark_of_other_rules_says_nothing(self, monkeypatch):
        text = '{"sourceIds": ["/a"]}'
        mark = mark_of(text)
        monkeypatch.setattr(policies, "RULES", "00000000")
        monkeypatch.setattr(policies, "_build", None)
        monkeypatch.setattr(policies, "_loads_ordinary", lambda text: Policy(source_ids=("checked",)))
        assert loads_policy(text, mark).source_ids == ("checked",)
