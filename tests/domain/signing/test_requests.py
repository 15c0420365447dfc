"""A signed request as a plain value."""

import pytest

from tokens.domain.signing.requests import SignedRequest


def test_a_header_that_was_sent_twice_has_two_values_in_order():
    request = SignedRequest("GET", "/a", headers=(("a", "2"), ("b", "3"), ("a", "1")))
    assert [request.header_values(name) for name in ("a", "b", "c", "A")] == [("2", "1"), ("3",), (), ()]


def test_what_is_not_given_is_empty():
    assert SignedRequest("GET", "/a") == SignedRequest(
        "GET",
        "/a",
        query="",
        headers=(),
        body=b"",
        has_body=False,
        hosts=(),
        scheme="",
        has_empty_query=False,
        address="",
        client="",
    )


def test_a_body_does_not_show_in_the_representation():
    assert "hidden" not in repr(SignedRequest("GET", "/a", body=b"hidden"))


@pytest.mark.parametrize(
    ("query", "has_empty_query", "expected"), [("", False, False), ("", True, True), ("a", False, True), ("?", False, True)]
)
def test_a_question_mark_alone_is_a_query(query, has_empty_query, expected):
    assert SignedRequest("GET", "/a", query, has_empty_query=has_empty_query).has_query is expected


@pytest.mark.parametrize(
    ("body", "has_body", "expected"),
    [(b"", False, False), (b"", True, False), (b"x", False, True), (None, False, False), (None, True, True)],
)
def test_where_the_body_is_not_at_hand_the_edge_says_whether_there_is_content(body, has_body, expected):
    assert SignedRequest("PUT", "/a", body=body, has_body=has_body).has_content is expected
