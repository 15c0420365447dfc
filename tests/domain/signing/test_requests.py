"""A signed request as a plain value."""

from tokens.domain.signing.requests import SignedRequest


def test_a_header_that_was_sent_twice_has_two_values_in_order():
    request = SignedRequest("GET", "/a", headers=(("a", "2"), ("b", "3"), ("a", "1")))
    assert [request.header_values(name) for name in ("a", "b", "c", "A")] == [("2", "1"), ("3",), (), ()]


def test_what_is_not_given_is_empty():
    assert SignedRequest("GET", "/a") == SignedRequest(
        "GET", "/a", query="", headers=(), body=b"", has_body=False, hosts=(), address="", client=""
    )


def test_a_body_does_not_show_in_the_representation():
    assert "hidden" not in repr(SignedRequest("GET", "/a", body=b"hidden"))
