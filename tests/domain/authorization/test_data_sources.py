"""The data policy: the sources of a request, and what is left of them."""

import pytest

from tests.domain.authorization.deciding import META, access, decide, sources_of
from tokens.domain.authorization.rules import authorize
from tokens.domain.outcomes import Denied
from tokens.domain.policies.policy import Policy


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
