"""Whether one pattern lies within another: exact, and never wrongly true."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.matching.oracle import oracle_matches
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.inclusion import is_within
from tokens.domain.matching.work import Work

patterns = st.text("ab/?*", max_size=7)
# With "**" as likely as "*", and both sides alike often enough to have something to tell apart.
segments = st.sampled_from(["a", "b", "*", "**", "?", "a*", "*b", "?*", ""])
paths = st.lists(segments, max_size=4).map("/".join)
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
        ("/**", "/**"),
        ("**/a", "**"),
        ("*/a", "?**/**"),
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
        ("/**", "**"),
        ("/a/*", "**"),
        ("*", "/*"),
        ("*/a", "?*/b"),
        ("**/**", "?*"),
        ("/**/c", "/**/b/c"),
        ("/a*", "/a/**"),
        ("/*", "/?*"),
        ("/b/*", "/a/**"),
    ],
)
def test_a_pattern_reaches_beyond_another(inner, outer):
    assert not is_within(inner, outer)


@given(inner=patterns | paths, outer=patterns | paths)
@settings(max_examples=400)
def test_what_lies_within_matches_nothing_that_the_outer_pattern_does_not(inner, outer):
    if is_within(inner, outer):
        assert not [text for text in SHORT_TEXTS if oracle_matches(inner, text) and not oracle_matches(outer, text)]


@given(inner=st.text("a/?*", max_size=5), outer=st.text("a/?*", max_size=3))
@settings(max_examples=300)
def test_a_false_result_has_a_text_that_proves_it(inner, outer):
    if not is_within(inner, outer):
        witnesses = ("".join(characters) for length in range(9) for characters in product("a/z", repeat=length))
        assert any(oracle_matches(inner, text) and not oracle_matches(outer, text) for text in witnesses)


@given(pattern=patterns | paths)
def test_a_pattern_lies_within_itself_and_within_everything_that_begins_alike(pattern):
    assert is_within(pattern, pattern)
    assert is_within(pattern, "/**" if pattern.startswith("/") else "**")


@given(pattern=patterns | paths)
def test_no_pattern_lies_within_one_that_begins_otherwise(pattern):
    assert not is_within(pattern, "**" if pattern.startswith("/") else "/**")


@given(inner=paths, middle=paths, outer=paths)
def test_within_is_transitive(inner, middle, outer):
    if is_within(inner, middle) and is_within(middle, outer):
        assert is_within(inner, outer)


@pytest.mark.parametrize("character", ["\0", "é", "𝄞"])
def test_any_character_may_be_part_of_a_pattern(character):
    assert is_within(f"/{character}/*", f"/{character}*/**")
    assert not is_within("/*", f"/{character}*")
    assert not is_within("/?", f"/{character}")


def test_a_comparison_that_takes_too_much_work_has_no_result():
    with pytest.raises(TooMuchWork):
        is_within("*b*a" + "?" * 16, "*a" + "?" * 16, Work(left=1000))


def test_a_worst_case_pattern_within_another_is_found():
    assert is_within("*a" * 32, "*a" * 31 + "*")
