"""A policy in plain words, and what a change gains and loses."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.policies.aggregation import OFFERED, Aggregation
from tokens.domain.policies.comparing import difference
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import RESTRICTIONS, TokenType
from tokens.domain.policies.wording.phrases import Name, Pattern
from tokens.domain.policies.wording.sentences import glance, sentence, summary

NEW_YEARS_EVE = last_instant_of(date(2026, 12, 31))
FULL = Policy(
    api_paths=("/datum/**", "!/datum/stream/**"),
    not_after=NEW_YEARS_EVE,
    min_aggregation=Aggregation.HOUR,
    node_ids=(101, 102),
    refresh_allowed=True,
    source_ids=("/a/*",),
    node_metadata_paths=("/m/place/**",),
    user_metadata_paths=("/pm/**",),
)
policies = st.builds(
    Policy,
    api_paths=st.sampled_from([None, ("/a",), ("/a", "/b/*"), ("!/a",), ("/b/**", "!/b/c")]),
    not_after=st.sampled_from([None, 0, NEW_YEARS_EVE]),
    min_aggregation=st.none() | st.sampled_from(Aggregation),
    node_ids=st.sampled_from([None, (1,), (1, 2)]),
    refresh_allowed=st.booleans(),
    source_ids=st.sampled_from([None, ("/a",), ("/a/*",), ("/a/**", "/b")]),
)


class TestSentence:
    def test_a_user_token_without_a_policy(self):
        text = "Can call every API method on your behalf, reading and changing, and never expires."
        assert sentence(TokenType.USER, Policy()) == text

    def test_a_data_token_without_a_policy(self):
        text = "Reads all data, raw data too, of all nodes of your account, and never expires."
        assert sentence(TokenType.DATA, Policy()) == text

    def test_a_restricted_data_token(self):
        policy = Policy(node_ids=(101, 102), min_aggregation=Aggregation.HOUR, not_after=NEW_YEARS_EVE)
        assert sentence(TokenType.DATA, policy) == "Reads hourly or coarser data of nodes 101 and 102 until 31 Dec 2026."

    def test_a_restricted_user_token(self):
        policy = Policy(api_paths=("/nodes/**", "!/nodes/cert/**"), not_after=NEW_YEARS_EVE, refresh_allowed=True)
        assert sentence(TokenType.USER, policy) == (
            "Can call API method /nodes/** except /nodes/cert/** on your behalf, reading and changing, until 31 Dec 2026. "
            "Programs can refresh its signing keys."
        )

    @pytest.mark.parametrize("row", RESTRICTIONS, ids=lambda row: row.json_key)
    @pytest.mark.parametrize("token_type", TokenType, ids=lambda token_type: token_type.label)
    def test_every_restriction_that_applies_is_in_it(self, row, token_type):
        restricted = Policy(**{row.attribute: getattr(FULL, row.attribute)})
        is_said = sentence(token_type, restricted) != sentence(token_type, Policy())
        assert is_said == row.applies_to(token_type)

    def test_metadata_is_limited_to_the_entries(self):
        policy = Policy(node_metadata_paths=("/m/place/**", "/m/x"), user_metadata_paths=("/pm/**",))
        said = "Node metadata is limited to /m/place/** and /m/x. Account metadata is limited to /pm/**."
        assert sentence(TokenType.DATA, policy).endswith(said)

    def test_node_names_are_shown_beside_their_ids(self):
        assert "nodes 101 (Roof) and 102" in sentence(TokenType.DATA, FULL, node_names={101: "Roof"})

    @pytest.mark.parametrize(
        "word", ["/a/*", "/datum/**", "/datum/stream/**", "/m/place/**", "/pm/**", "refresh", "hourly", "2026"]
    )
    def test_every_restriction_is_shown(self, word):
        assert word in sentence(TokenType.DATA, FULL)

    def test_long_lists_are_folded_with_a_count(self):
        assert "nodes 1, 2, 3 and 1,497 more" in sentence(TokenType.DATA, Policy(node_ids=tuple(range(1, 1501))))

    def test_one_more_than_the_fold_is_not_worth_a_count(self):
        assert "nodes 1, 2, 3 and 4," in sentence(TokenType.DATA, Policy(node_ids=(1, 2, 3, 4)))

    def test_an_expiry_within_a_day_shows_the_time(self):
        assert "until 31 Dec 2026 12:00 UTC" in sentence(TokenType.USER, Policy(not_after=NEW_YEARS_EVE - 43_199_999))

    @pytest.mark.parametrize("aggregation", list(Aggregation))
    def test_every_aggregation_has_words(self, aggregation):
        assert "None" not in sentence(TokenType.DATA, Policy(min_aggregation=aggregation))


class TestParts:
    @given(policies, st.sampled_from(TokenType))
    def test_together_are_the_sentence(self, policy, token_type):
        text = sentence(token_type, policy)
        assert "".join(text.parts) == text

    def test_patterns_stand_apart(self):
        parts = sentence(TokenType.DATA, FULL).parts
        patterns = [part for part in parts if isinstance(part, Pattern)]
        assert patterns == ["/a/*", "/datum/**", "/datum/stream/**", "/m/place/**", "/pm/**"]

    def test_names_of_nodes_stand_apart(self):
        parts = sentence(TokenType.DATA, FULL, node_names={101: "גג"}).parts
        assert [part for part in parts if isinstance(part, Name)] == ["גג"]

    def test_patterns_stand_apart_in_the_difference_and_the_summary(self):
        (lost,) = difference(Policy(), Policy(source_ids=("/a", "/b")), TokenType.DATA).loses
        (row,) = summary(Policy(source_ids=("/a", "/b")))
        assert [[part for part in text.parts if isinstance(part, Pattern)] for text in (lost, row.short)] == [["/a", "/b"]] * 2


class TestGlance:
    @pytest.mark.parametrize(
        ("attribute", "value", "text"),
        [
            ("node_ids", (101,), "node 101"),
            ("node_ids", tuple(range(1, 1201)), "1,200 nodes"),
            ("source_ids", ("/a/*",), "/a/*"),
            ("api_paths", ("/a", "!/b"), "2 API paths"),
            ("not_after", NEW_YEARS_EVE, "31 Dec 2026"),
            ("not_after", 0, "1 Jan 1970 00:00 UTC"),
            ("min_aggregation", Aggregation.FIVE_MINUTE, "5 Minute"),
            ("refresh_allowed", True, "refresh"),
            ("refresh_allowed", False, ""),
            ("node_metadata_paths", None, ""),
        ],
    )
    def test_a_restriction_in_a_word_or_two(self, attribute, value, text):
        (row,) = (row for row in RESTRICTIONS if row.attribute == attribute)
        assert glance(row, value) == text


class TestSummary:
    def test_only_what_is_restricted_has_a_row(self):
        assert [row.label for row in summary(Policy(node_ids=(1,), refresh_allowed=True))] == ["Node IDs", "Refresh Allowed"]

    def test_every_restriction_has_a_row(self):
        assert [row.label for row in summary(FULL)] == [restriction.label for restriction in RESTRICTIONS]

    def test_an_empty_policy_has_no_rows(self):
        assert summary(Policy()) == []

    def test_a_long_list_is_folded_short_and_whole_in_full(self):
        (row,) = summary(Policy(source_ids=("/a", "/b", "/c", "/d", "/e")))
        assert (row.short, row.full) == ("/a, /b, /c and 2 more", "/a, /b, /c, /d, /e")

    def test_an_expiry_is_a_date_short_and_an_instant_in_full(self):
        (row,) = summary(Policy(not_after=NEW_YEARS_EVE))
        assert (row.short, row.full) == ("31 Dec 2026", "31 Dec 2026 23:59:59 UTC")

    def test_an_instant_of_zero_is_a_restriction(self):
        assert summary(Policy(not_after=0))[0].short == "1 Jan 1970 00:00 UTC"

    @pytest.mark.parametrize(("aggregation", "label"), list(OFFERED.items())[1:])
    def test_an_aggregation_is_named_as_in_the_form(self, aggregation, label):
        assert summary(Policy(min_aggregation=aggregation))[0].short == label


def changes(before, after, token_type=TokenType.DATA):
    found = difference(before, after, token_type)
    return found.gains, found.loses


class TestDifference:
    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            (Policy(), Policy(node_ids=(1, 2)), "Node IDs: only 1 and 2 instead of every node of the account"),
            (Policy(node_ids=(1, 2)), Policy(node_ids=(1,)), "Node IDs: 2 removed"),
            (Policy(source_ids=("/a", "/b")), Policy(source_ids=("/b",)), "Source IDs: /a removed"),
            (Policy(), Policy(api_paths=("!/a",)), "API Paths: /a now excluded"),
            (Policy(api_paths=("/b",)), Policy(api_paths=("/b", "!/a")), "API Paths: /a now excluded"),
            (Policy(), Policy(not_after=NEW_YEARS_EVE), "Expires: 31 Dec 2026 instead of never"),
            (Policy(), Policy(min_aggregation=Aggregation.DAY), "Minimum Aggregation: Day or coarser instead of any"),
            (Policy(refresh_allowed=True), Policy(), "Refresh Allowed: signing keys can no longer be refreshed"),
            (Policy(), Policy(node_metadata_paths=("/m/a",)), "Node Metadata: only /m/a instead of all node metadata"),
        ],
    )
    def test_a_tighter_policy_loses_and_a_looser_one_gains(self, before, after, words):
        assert changes(before, after) == ([], [words])
        assert len(difference(after, before, TokenType.DATA).gains) == 1
        assert difference(after, before, TokenType.DATA).loses == []

    def test_a_swap_both_gains_and_loses(self):
        gains, loses = changes(Policy(node_ids=(1, 2)), Policy(node_ids=(2, 3)))
        assert (gains, loses) == (["Node IDs: 3 added"], ["Node IDs: 1 removed"])

    def test_a_later_expiry_gains(self):
        assert changes(Policy(not_after=0), Policy(not_after=NEW_YEARS_EVE))[0] == [
            "Expires: 31 Dec 2026 instead of 1 Jan 1970 00:00 UTC"
        ]

    def test_an_entry_that_another_one_covers_changes_nothing(self):
        assert difference(Policy(source_ids=("/a/**", "/a/b")), Policy(source_ids=("/a/**", "/a/*/c")), TokenType.DATA).is_empty

    def test_entries_that_take_too_much_work_to_compare_are_all_named(self):
        before, after = (tuple("/" + "*a" * 25 + f"{end}{number:04}" for number in range(1000)) for end in ("*", "?"))
        gains, loses = changes(Policy(source_ids=before), Policy(source_ids=after))
        assert [line.rpartition(" and ")[2] for line in (*gains, *loses)] == ["997 more added", "997 more removed"]

    def test_what_a_user_token_cannot_carry_is_not_shown(self):
        assert difference(Policy(), Policy(node_ids=(1,)), TokenType.USER).is_empty

    @given(before=policies, after=policies)
    def test_undoing_a_change_gains_what_the_change_lost(self, before, after):
        there, back = difference(before, after, TokenType.DATA), difference(after, before, TokenType.DATA)
        assert (bool(there.gains), bool(there.loses)) == (bool(back.loses), bool(back.gains))

    @given(policy=policies)
    def test_no_change_is_no_difference(self, policy):
        assert difference(policy, policy, TokenType.DATA).is_empty

    @given(policy=policies)
    def test_a_first_policy_never_gains_but_the_grant(self, policy):
        gains = difference(Policy(), policy, TokenType.DATA).gains
        assert gains == (["Refresh Allowed: signing keys can be refreshed"] if policy.refresh_allowed else [])
