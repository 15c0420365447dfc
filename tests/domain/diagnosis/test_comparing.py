import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokens.domain.diagnosis.comparing import Marked, State, compare, explain_difference, mark
from tokens.domain.diagnosis.drafts import Draft, Line


def rows(ours, theirs):
    return compare(Draft(tuple(Line(*line) for line in ours)), [Line(*line) for line in theirs], ())


def test_an_escape_is_marked_whole():
    assert mark("a%2Fb", "a%2fb") == (Marked("a", "%2F", "b"), Marked("a", "%2f", "b"))


def test_what_one_side_lacks_is_a_gap_on_it():
    ours, theirs = mark("abc", "ac")
    assert (ours.differing, theirs.differing, theirs.is_gap) == ("b", "", True)


def test_invisible_characters_are_named_and_shown():
    ours, theirs = mark("host:a", "host: a")
    assert explain_difference(ours, theirs) == "At character 6 the portal has “a”, the client a space."
    assert theirs.visible == "␣"


def test_the_end_of_a_line_is_named():
    assert explain_difference(*mark("ab", "abc")).endswith("the portal has the end of the line, the client “c”.")


def test_a_line_that_only_one_side_has_stands_alone():
    states = [row.state for row in rows([("a", "1"), ("b", "2"), ("c", "3")], [("a", "1"), ("c", "3"), ("d", "4")])]
    assert states == [State.SAME, State.MISSING, State.SAME, State.ADDITIONAL]


@pytest.mark.parametrize(
    ("role", "ours", "theirs", "name", "part"),
    [
        ("query", "a=1&b=2", "a=1", "Missing", "lacks “b=2”"),
        ("query", "a=1", "a=1&c=3", "Additional", "has “c=3”"),
        ("query", "a=1&b=2", "b=2&a=1", "Order", "another order"),
        ("signed headers", "host;x-sn-date", "host", "Missing", "lacks “x-sn-date”"),
        ("host", "host:a", "Host:A", "Upper and lower case", "Upper and lower case differ"),
        ("host", "host:a", "host:a ", "Whitespace", "Spaces differ"),
        ("host", "host:a", "host:b", "Other text", "At character 6 the portal has “a”, the client “b”."),
    ],
)
def test_a_difference_that_no_suspect_explains_gets_a_name(role, ours, theirs, name, part):
    (mistake,) = rows([(role, ours)], [(role, theirs)])[0].mistakes
    assert mistake.name == name
    assert part in mistake.advice


def test_a_lone_line_gets_a_name():
    (_, missing, additional) = rows([("a", "1"), ("b", "2")], [("a", "1"), ("c", "3")])
    assert (missing.mistakes[0].name, additional.mistakes[0].name) == ("Missing line", "Additional line")


def test_only_the_first_difference_is_marked_as_such():
    assert [row.is_first for row in rows([("a", "1"), ("b", "2")], [("a", "x"), ("b", "y")])] == [True, False]


@given(st.text(), st.text())
def test_marking_loses_nothing_and_marks_what_differs(ours, theirs):
    assume(ours != theirs)
    left, right = mark(ours, theirs)
    assert (left.before + left.differing + left.after, right.before + right.differing + right.after) == (ours, theirs)
    assert left.before == right.before
    assert left.after == right.after
    assert left.differing != right.differing
