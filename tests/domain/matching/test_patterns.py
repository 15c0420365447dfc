"""Lists of patterns: which entry decides, the same with and without an index, and within a bound."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.matching.oracle import oracle_matches, patterns, texts
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.inclusion import is_within
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.matching.texts import is_plain
from tokens.domain.matching.work import MAX_WORK, Work

# Longer than what is answered without an index.
many_texts = st.lists(texts, min_size=1, max_size=9)
many_patterns = st.lists(patterns, min_size=1, max_size=9)


def first(entries: list[str], question: str, *, allows) -> str | None:
    """Return the entry that equals the question, or else the first that allows it."""
    return question if question in entries else next((entry for entry in entries if allows(entry)), None)


@given(entries=st.lists(patterns, max_size=6), questions=many_texts)
def test_an_entry_that_equals_the_text_or_else_the_first_that_matches_is_found(entries, questions):
    asked = PatternSet(entries)
    for text in questions:
        assert asked.find(text) == first(entries, text, allows=lambda entry, text=text: oracle_matches(entry, text))


@given(entries=st.lists(patterns, max_size=6), questions=many_patterns)
def test_an_entry_that_equals_a_pattern_or_else_the_first_around_it_is_found(entries, questions):
    asked = PatternSet(entries)
    for inner in questions:
        found = asked.find_around(inner)
        if is_plain(inner):
            assert found == first(entries, inner, allows=lambda entry, inner=inner: oracle_matches(entry, inner))
        else:
            assert found == first(entries, inner, allows=lambda entry, inner=inner: is_within(inner, entry))


def test_an_entry_around_a_pattern_is_named():
    assert PatternSet(["/x/*", "/a/**", "/a/b"]).find_around("/a/*") == "/a/**"


def test_two_entries_do_not_make_one_around_a_pattern():
    assert PatternSet(["/a/?", "/a/??*", "/a/"]).find_around("/a/*") is None


@pytest.mark.parametrize("count", [400, 1000])
@pytest.mark.parametrize("asked", [5, 200])
def test_each_of_many_patterns_is_found_within_one_of_many_entries(count, asked):
    entries = PatternSet([f"/**/meter{number}/*" for number in range(count)])
    numbers = range(count - asked, count)
    assert [entries.find_around(f"/a/**/meter{number}/*") for number in numbers] == [f"/**/meter{number}/*" for number in numbers]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("/meter{}", "/meter{}"),
        ("/meter{}/**", "/meter{}/w"),
        ("/meter{}*", "/meter{}x"),
        ("/**/meter{}/*", "/a/b/meter{}/w"),
        ("/site/*/{}/?", "/site/a/{}/w"),
        ("/site/meter{}*", "/site/meter{}x"),
        ("meter{}?", "meter{}x"),
    ],
)
def test_a_thousand_texts_are_found_in_a_thousand_entries(entry, text):
    work = Work()
    entries = PatternSet([entry.format(f"{number:04}") for number in range(1000)], work)
    for number in range(1000):
        assert entries.find(text.format(f"{number:04}")) == entry.format(f"{number:04}")
    assert work.left > MAX_WORK / 2


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        ("/" + "*a" * 28 + "*{:04}", "/*" + "a*" * 28 + "b{:04}"),
        ("/" + "*a" * 28 + "*{:04}", "/" + "a" * 58 + "b{:04}"),
        ("/*" + "?a" * 28 + "{:04}", "/" + "a" * 58 + "b{:04}"),
        ("/*a" + "?" * 14 + "*{:04}", "/*b*a" + "?" * 14 + "*{:04}"),
        ("/**/a" + "/?" * 14 + "/**/{:04}*", "/**/b/**/a" + "/?" * 14 + "/**/x{:04}*"),
        ("/**/*?a/*a/?*/**/*{:04}", "/**/*?a/**/*a/?*/**/*{:04}"),
    ],
)
def test_a_question_that_is_too_large_has_no_result(entry, asked):
    work = Work()
    entries = PatternSet([entry.format(number) for number in range(1000)], work)
    questions = [asked.format(number) for number in range(1000)]
    with pytest.raises(TooMuchWork):
        deque(map(entries.find_around, questions))
    # No step was taken that was not there.
    assert work.left > -MAX_WORK / 10
