"""What typed entries match, and what they may have been meant to be."""

import pytest

from tests.factories import token
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import SecurityToken
from tokens.presentation import hints
from tokens.presentation.hints import Hint, hints_for_api_paths, hints_for_sources, known_sources


def warnings(found: list[Hint]) -> list[str]:
    return [f"{hint.entry} {hint.text}" for hint in found if hint.warns]


def api_warnings(typed: str, token_type: TokenType = TokenType.DATA) -> list[str]:
    return warnings(hints_for_api_paths(typed, token_type))


def source_warnings(typed: str, *known: str) -> list[str]:
    return warnings(hints_for_sources(typed, known))


class TestApiPaths:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("/datum/lst", "/datum/list"),
            ("/datum/list/", "/datum/list"),
            ("/datm/**", "/datum/**"),
            ("!/datm/**", "!/datum/**"),
            ("/Datum/list", "/datum/list"),
            ("/datum/meat/42", "/datum/meta/42"),
        ],
    )
    def test_one_that_is_a_slip_away_from_a_known_path_says_what_may_be_meant(self, typed, meant):
        assert api_warnings(typed) == [f"{typed} matches no API method that the portal knows. Did you mean {meant}?"]

    def test_one_that_is_like_nothing_known_asks_for_the_spelling(self):
        assert api_warnings("/typo/**") == ["/typo/** matches no API method that the portal knows. Check the spelling."]

    def test_one_that_matches_is_no_slip_even_if_another_is_near(self):
        assert api_warnings("/datum/*") == []

    def test_one_for_another_type_of_token_says_so(self):
        assert api_warnings("/user/auth-tokens") == ["/user/auth-tokens matches only API methods that a Data token may not call."]

    def test_one_that_the_form_refuses_has_no_hint_besides_its_error(self):
        assert hints_for_api_paths("datum, x" + "y" * 300, TokenType.DATA) == []

    def test_misspelt_ones_are_not_told_again_together(self):
        assert len(hints_for_api_paths("/typo, /other", TokenType.DATA)) == 2

    def test_entries_that_exclude_each_other_have_a_warning_together(self):
        assert api_warnings("/datum/list, !/datum/**") == [" Together they allow 0 of 31 API methods."]

    def test_a_slip_is_found_behind_many_entries(self):
        assert len(api_warnings("\n".join([*(f"/datum/{n}" for n in range(998)), "/datm/list"]), TokenType.USER)) > 20
        many = "\n".join([*(f"/datum/meta/{n}" for n in range(998)), "/datm/list"])
        assert api_warnings(many) == ["/datm/list matches no API method that the portal knows. Did you mean /datum/list?"]


class TestSources:
    @pytest.mark.parametrize(
        ("typed", "known"),
        [("/inverter/*", "/inverter/*"), ("/inverter/**", "/inverter/*"), ("/**", "/inverter/1/*"), ("/a/?", "/a/?")],
    )
    def test_a_pattern_matches_patterns_that_other_tokens_name(self, typed, known):
        text = f"matches 1 of 1 source IDs that your other tokens name: {known}."
        assert hints_for_sources(typed, [known]) == [Hint(typed, text)]

    @pytest.mark.parametrize(("typed", "known"), [("/inverter/*", "/inverter/**"), ("/a/b*", "/a/*")])
    def test_a_pattern_within_one_that_is_named_elsewhere_is_known(self, typed, known):
        assert hints_for_sources(typed, [known]) == [Hint(typed, f"lies within {known}, which another of your tokens names.")]

    def test_a_pattern_that_matches_nothing_has_one_warning(self):
        assert source_warnings("/typo/*", "/meter/1") == ["/typo/* matches none of the source IDs that your other tokens name."]

    @pytest.mark.parametrize(
        ("typed", "known", "meant"),
        [
            ("/inverer/*", "/inverter/*", "/inverter/*"),
            ("/inverer/*", "/inverter/1", "/inverter/*"),
            ("/inverer/**", "/inverter/1", "/inverter/**"),
        ],
    )
    def test_a_misspelt_pattern_says_what_may_be_meant(self, typed, known, meant):
        text = f"{typed} matches none of the source IDs that your other tokens name. Did you mean {meant}?"
        assert source_warnings(typed, known) == [text]

    @pytest.mark.parametrize(
        ("typed", "known", "meant"),
        [
            ("/inverer/1", "/inverter/1", "/inverter/1"),
            ("/Meter/1", "/meter/1", "/meter/1"),
            ("/inverer/2", "/inverter/*", "/inverter/2"),
            ("meter/1", "/meter/1", "/meter/1"),
            ("/meter1", "/meter/1", "/meter/1"),
        ],
    )
    def test_a_misspelt_source_says_what_may_be_meant(self, typed, known, meant):
        text = f"{typed} is none of the source IDs that your other tokens name. Did you mean {meant}?"
        assert source_warnings(typed, known) == [text]

    @pytest.mark.parametrize(
        ("typed", "known"),
        [
            ("/meter/2", "/meter/1"),
            ("/meter/11", "/meter/1"),
            ("/phase/A", "/phase/B"),
            ("/meter/1", "/meter/*"),
            ("/other/1", "/meter/1"),
            ("/meter/main", "/meter/main"),
        ],
    )
    def test_a_number_a_short_name_or_a_known_source_is_no_slip(self, typed, known):
        assert hints_for_sources(typed, [known]) == []

    def test_a_misspelt_pattern_is_told_beside_the_right_one_too(self):
        text = "/inverer/* matches none of the source IDs that your other tokens name. Did you mean /inverter/*?"
        assert source_warnings("/inverter/*\n/inverer/*", "/inverter/1") == [text]

    def test_a_source_that_is_typed_in_both_ways_is_meant_in_both(self):
        assert hints_for_sources("/meter/main\n/meter/mains", ["/meter/main"]) == []

    def test_a_slip_is_found_behind_many_entries(self):
        typed = "\n".join([*(f"/meter/{n}" for n in range(10, 1000)), "/metre/7"])
        assert source_warnings(typed, "/meter/1", "/meter/7", "/other/*") == [
            "/metre/7 is none of the source IDs that your other tokens name. Did you mean /meter/7?"
        ]

    def test_what_takes_too_much_work_to_compare_has_no_hint(self, monkeypatch):
        assert source_warnings("/a/*/c", "/b/1/d", "/c/*")
        monkeypatch.setattr(hints, "_MAX_WORK", 1)
        assert hints_for_sources("/a/*/c", ["/b/1/d", "/c/*"]) == []


class TestKnownSources:
    def test_are_those_of_the_account_s_other_tokens(self, alice, bob):
        edited = token(alice, policy=Policy(source_ids=("mine",)))
        token(alice, policy=Policy(source_ids=("/b", "/a/*")))
        token(bob, policy=Policy(source_ids=("foreign",)))
        assert known_sources(alice, besides=edited) == ["/a/*", "/b"]

    @pytest.mark.parametrize("stored", ["broken", {"a": 1}, [1, None], None])
    def test_a_stored_list_that_cannot_be_read_names_none(self, alice, stored):
        made = token(alice)
        SecurityToken.objects.filter(pk=made.pk).update(policy={"sourceIds": stored})
        assert known_sources(alice) == []
