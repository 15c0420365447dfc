"""The Ant-style matcher: what a pattern matches, and what may match below a path."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.matching.automaton import Automaton
from tokens.domain.matching.patterns import PathWalk, PatternSet, compile_pattern, is_plain

# Few characters, so that patterns and texts meet often.
texts = st.text("ab/", max_size=9)
patterns = st.text("ab/?*", max_size=9)


def matches_naively(pattern: str, text: str) -> bool:
    """Match segment by segment, trying everything (SPEC, "Wildcards")."""
    if pattern.split("/") in (["", "**"], ["", "**", "**"]) and not text:
        return False

    @cache
    def segments_match(wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
        if not wanted:
            return not found
        if wanted[0] == "**":
            return segments_match(wanted[1:], found) or (bool(found) and segments_match(wanted, found[1:]))
        return bool(found) and segment_matches(wanted[0], found[0]) and segments_match(wanted[1:], found[1:])

    @cache
    def segment_matches(wanted: str, found: str) -> bool:
        if not wanted:
            return not found
        if wanted[0] == "*":
            return segment_matches(wanted[1:], found) or (bool(found) and segment_matches(wanted, found[1:]))
        return bool(found) and wanted[0] in ("?", found[0]) and segment_matches(wanted[1:], found[1:])

    return segments_match(tuple(pattern.split("/")), tuple(text.split("/")))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/a", "/a"),
        ("/a/?", "/a/b"),
        ("/a/*", "/a/b"),
        ("/a/*", "/a/"),
        ("/a/**", "/a"),
        ("/a/**", "/a/b/c"),
        ("/**", "/"),
        ("/**", "/a/b"),
        ("**", "a/b"),
        ("/**/c", "/c"),
        ("/**/c", "/a/b/c"),
        ("/a/**/c", "/a/c"),
        ("/a/**/b/**/c", "/a/x/b/y/z/c"),
        ("/a/**/**/c", "/a/c"),
        ("/a*c", "/abbc"),
        ("/a**c", "/abbc"),
        ("*.txt", "x.txt"),
        ("/é/*", "/é/ü"),
    ],
)
def test_a_pattern_matches(pattern, text):
    assert compile_pattern(pattern).matches(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/a", "/A"),
        ("/a", "/a/"),
        ("/a/?", "/a/"),
        ("/a?b", "/a/b"),
        ("/a/*", "/a"),
        ("/a/*", "/a/b/c"),
        ("/a/**", "/ab"),
        ("/**", "a"),
        ("/**", ""),
        ("/**/c", "/ac"),
        ("/a/**/c", "/ac"),
        ("/a**c", "/a/c"),
        ("/a.c", "/abc"),
        ("", "a"),
    ],
)
def test_a_pattern_does_not_match(pattern, text):
    assert not compile_pattern(pattern).matches(text)


@given(pattern=patterns, text=texts)
def test_the_matcher_agrees_with_the_naive_one(pattern, text):
    assert compile_pattern(pattern).matches(text) == matches_naively(pattern, text)


@given(entries=st.lists(patterns, max_size=4), text=texts)
def test_a_set_finds_an_entry_exactly_when_one_matches(entries, text):
    found = PatternSet(entries).find(text)
    assert (found is not None) == any(matches_naively(entry, text) for entry in entries)
    assert found is None or matches_naively(found, text)


@given(text=texts)
def test_a_text_without_wildcards_matches_only_itself(text):
    assert is_plain(text)
    assert compile_pattern(text).matches(text)
    assert not compile_pattern(text).matches(text + "a")


def can_match_below(pattern: str, path: str) -> bool:
    walk = PathWalk.at_root([pattern])
    for segment in path.split("/")[1:]:
        walk = walk.below(segment)
        if walk is None:
            return False
    return True


@given(pattern=patterns, path=texts, below=texts)
def test_whatever_matches_below_a_path_is_not_pruned(pattern, path, below):
    path = f"/{path}"
    if matches_naively(pattern, path) or matches_naively(pattern, f"{path}/{below}"):
        assert can_match_below(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/m/a/b", "/m", True),
        ("/m/a/b", "/m/a/b", True),
        ("/m/a/b", "/m/a/b/c", False),
        ("/m/a/b", "/m/x", False),
        ("/m/a/b", "/m/a/bc", False),
        ("/pm/**/x", "/pm/a/b", True),
        ("/pm/*/x", "/pm/a/b", False),
        ("/**", "/anything", True),
    ],
)
def test_a_path_is_pruned_if_nothing_below_it_can_match(pattern, path, expected):
    assert can_match_below(pattern, path) is expected


@pytest.mark.parametrize("pattern", ["*a" * 64, "?*" * 64, "/**/a" * 40, "*" * 256, "/*a*b" * 50])
def test_a_worst_case_pattern_takes_one_step_a_character(pattern, monkeypatch):
    steps = []
    step = Automaton.step
    monkeypatch.setattr(Automaton, "step", lambda self, mask, character: steps.append(1) or step(self, mask, character))
    text = "/aab" * 500
    compile_pattern.__wrapped__(pattern).matches(text)
    assert len(steps) <= len(text)


def test_what_an_automaton_remembers_is_bounded():
    pattern = compile_pattern.__wrapped__("/**/a" + "/?" * 20 + "/*")
    text = "".join("/a" if number.bit_count() % 2 else "/b" for number in range(20_000))
    pattern.matches(text)
    assert len(pattern.automaton.known) <= 256


def test_an_automaton_that_forgot_still_matches():
    pattern = compile_pattern.__wrapped__("/**/a" + "/?" * 20)
    text = "".join("/a" if number.bit_count() % 2 else "/b" for number in range(20_000))
    assert pattern.matches(f"{text}/a{'/x' * 20}")


def test_foreign_characters_are_not_remembered():
    pattern = compile_pattern.__wrapped__("/*/b")
    pattern.matches("/" + "".join(map(chr, range(0x4E00, 0x9000))))
    assert all(len(known.moves) < 10 for known in pattern.automaton.known.values())


def test_a_thousand_wildcards_are_read_together(monkeypatch):
    entries = PatternSet([f"*{number}*a*b*c" for number in range(1000)])
    steps = []
    step = Automaton.step
    monkeypatch.setattr(Automaton, "step", lambda self, mask, character: steps.append(1) or step(self, mask, character))
    assert entries.find("x999abc") == "*9*a*b*c"
    assert len(steps) <= 7
