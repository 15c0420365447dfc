"""What a pattern matches, and in how many steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.matching.oracle import oracle_matches, patterns, texts
from tokens.domain.errors import TooMuchWork
from tokens.domain.matching import texts as module
from tokens.domain.matching.texts import Text, is_plain, matches
from tokens.domain.matching.work import Work


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
        ("**", ""),
        ("a/**", "a"),
        ("/**/c", "/c"),
        ("/**/c", "/a/b/c"),
        ("/a/**/c", "/a/c"),
        ("/a/**/b/**/c", "/a/x/b/y/z/c"),
        ("/a/**/**/c", "/a/c"),
        ("/a/**/**", "/a"),
        ("/a*c", "/abbc"),
        ("/a**c", "/abbc"),
        ("/?*?/c", "/abbc/c"),
        ("/*b?b*/c", "/abbb/c"),
        ("*.txt", "x.txt"),
        ("/é/*", "/é/ü"),
        ("/*/?", "/*/?"),
    ],
)
def test_a_pattern_matches(pattern, text):
    assert matches(pattern, text)


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
        ("/**/c", "/ac"),
        ("/a/**/c", "/ac"),
        ("/a**c", "/a/c"),
        ("/a.c", "/abc"),
        ("/?*?/c", "/a/c"),
        ("/a*a/c", "/a/c"),
        ("", "a"),
    ],
)
def test_a_pattern_does_not_match(pattern, text):
    assert not matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("**", "/meter/1"), ("**", "/"), ("*", "/"), ("*/x", "/x"), ("**/x", "/x"), ("**/**", "/"), ("?", "/"), ("*/**", "/a")],
)
def test_what_begins_with_a_wildcard_does_not_match_what_begins_with_a_slash(pattern, text):
    assert not matches(pattern, text)


@pytest.mark.parametrize(("pattern", "text"), [("/**", ""), ("/**", "a"), ("/**/**", ""), ("/*", ""), ("/**/a", "a"), ("/", "")])
def test_what_begins_with_a_slash_matches_nothing_that_does_not(pattern, text):
    assert not matches(pattern, text)


@given(pattern=patterns, text=texts)
def test_the_matcher_agrees_with_a_regular_expression(pattern, text):
    assert matches(pattern, text) == oracle_matches(pattern, text)


@given(wanted=st.lists(patterns, min_size=2, max_size=6), text=st.text("ab/*?", max_size=9))
def test_one_pattern_does_not_change_what_the_next_one_matches(wanted, text):
    read = Text(text, Work())
    assert [read.matches(pattern) for pattern in wanted] == [oracle_matches(pattern, text) for pattern in wanted]


@given(text=texts)
def test_a_text_without_wildcards_matches_only_itself(text):
    assert is_plain(text)
    assert matches(text, text)
    assert not matches(text, text + "a")


@pytest.fixture
def steps(monkeypatch) -> list[str]:
    """The items of patterns that are read, one after the other."""
    read: list[str] = []
    reaches_end = module._reaches_end

    def counted(pattern, *args):
        return reaches_end((read.append(item) or item for item in pattern), *args)

    monkeypatch.setattr(module, "_reaches_end", counted)
    return read


@pytest.mark.parametrize("pattern", ["/**/a" * 40 + "/b", "/**" * 80 + "/b", "/**/aab/aab" * 20 + "/b"])
def test_a_step_a_segment_of_a_pattern_whatever_the_text(pattern, steps):
    assert not matches(pattern, "/aab" * 500)
    assert len(steps) <= pattern.count("/") + 1


@pytest.mark.parametrize("segment", ["?*" * 64 + "b", "*?a" * 60 + "b", "*a?" * 60 + "b"])
def test_a_step_a_character_of_a_segment_whatever_the_text(segment, steps):
    assert not module.segment_matches(segment, "a" * 2000)
    assert len(steps) <= len(segment)


def test_a_segment_with_wildcards_is_compared_once_with_each_of_the_texts(monkeypatch):
    compared = []
    segment_matches = module.segment_matches
    monkeypatch.setattr(module, "segment_matches", lambda *both: compared.append(both) or segment_matches(*both))
    read = Text("/aab" * 100, Work())
    for number in range(50):
        assert not read.matches("/**/a*b" * 20 + f"/**/?ab/{number}")
    assert len(compared) <= 2 * 101


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/**/a" * 40, False),
        ("/**/*?b" * 30, True),
        ("/**/a*b*" * 30, True),
        ("/*a*b" * 50, False),
        ("/*/" + "**/?a?/" * 35 + "**", True),
        ("/" + "?*" * 120, False),
    ],
)
def test_the_longest_patterns_are_within_the_bound(pattern, expected):
    assert matches(pattern, "/aab" * 500) is expected


def test_without_steps_left_there_is_neither_yes_nor_no():
    with pytest.raises(TooMuchWork):
        Text("/a/b/c", Work(left=3)).matches("/**/c")
