"""Whether one pattern lies within another: exact, and never wrongly true."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokens.domain.matching.patterns import PatternSet, Work, compile_pattern, is_within

patterns = st.text("ab/?*", max_size=7)
# Every short text over the patterns' characters, "/" and one that no pattern has.
SHORT_TEXTS = ["".join(characters) for length in range(6) for characters in product("ab/z", repeat=length)]


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("/a/b", "/a/*"),
        ("/a/*", "/a/*"),
        ("/a/*", "/a/**"),
        ("/a/b/**", "/a/**"),
        ("/a/**/b", "/a/**"),
        ("/a/*/c", "/a/**/c"),
        ("/a/**", "/**"),
        ("?*", "*?"),
        ("a?", "a*"),
        ("/*/a*b*c", "/*/a*c"),
        ("/**", "**"),
        ("*a*b*", "*a*"),
    ],
)
def test_a_pattern_lies_within_another(inner, outer):
    assert is_within(inner, outer)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("/a/**", "/a/*"),
        ("/a/*", "/a/?"),
        ("/a/*", "/a/b"),
        ("*", "?*"),
        ("**", "/**"),
        ("/**/c", "/**/b/c"),
        ("/a*", "/a/**"),
        ("/*", "/?*"),
        ("/b/*", "/a/**"),
    ],
)
def test_a_pattern_reaches_beyond_another(inner, outer):
    assert not is_within(inner, outer)


@given(inner=patterns, outer=patterns)
@settings(max_examples=300)
def test_what_lies_within_matches_nothing_that_the_outer_pattern_does_not(inner, outer):
    if is_within(inner, outer):
        narrow, wide = compile_pattern(inner), compile_pattern(outer)
        assert not [text for text in SHORT_TEXTS if narrow.matches(text) and not wide.matches(text)]


@given(inner=st.text("a/?*", max_size=5), outer=st.text("a/?*", max_size=3))
@settings(max_examples=300)
def test_a_false_result_has_a_text_that_proves_it(inner, outer):
    if not is_within(inner, outer):
        narrow, wide = compile_pattern(inner), compile_pattern(outer)
        witnesses = ("".join(characters) for length in range(9) for characters in product("a/z", repeat=length))
        assert any(narrow.matches(text) and not wide.matches(text) for text in witnesses)


@given(pattern=patterns)
def test_a_pattern_lies_within_itself_and_within_everything(pattern):
    assert is_within(pattern, pattern)
    assert is_within(pattern, "**")


@given(inner=patterns, middle=patterns, outer=patterns)
def test_within_is_transitive(inner, middle, outer):
    if is_within(inner, middle) and is_within(middle, outer):
        assert is_within(inner, outer)


def test_a_comparison_that_takes_too_much_work_returns_false():
    assert not is_within("*b*a" + "?" * 16, "*a" + "?" * 16, Work(left=100))


def test_the_work_of_many_comparisons_is_bounded():
    entries = PatternSet([f"*a{'?' * 14}{number}" for number in range(1000)])
    work = Work()
    for number in range(100):
        entries.find_around(f"*b*a{'?' * 14}{number}", work)
    # The last state may try each character once more.
    assert work.left > -100


def test_a_worst_case_pattern_within_another_is_found():
    assert is_within("*a" * 32, "*a" * 31 + "*")


def test_an_entry_around_a_pattern_is_named():
    assert PatternSet(["/x/*", "/a/**", "/a/b"]).find_around("/a/*", Work()) == "/a/**"


def test_two_entries_do_not_make_one_around_a_pattern():
    assert PatternSet(["/a/?", "/a/??*", "/a/"]).find_around("/a/*", Work()) is None
