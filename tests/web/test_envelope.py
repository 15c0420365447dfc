"""`X-SN-ErrorMessage`: a reason as a header value."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.web.envelope import error_message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The token is disabled.", "The token is disabled."),
        ('Node "102" is not allowed; use 101, 103.', 'Node "102" is not allowed; use 101, 103.'),
        ("/größe", "/gr%C3%B6%C3%9Fe"),
        ("100 %", "100 %25"),
        ("a\r\nSet-Cookie: b", "a%0D%0ASet-Cookie: b"),
        ("\tindented\n", "indented"),
        ("tab\there", "tab%09here"),
        ("nul\0del\x7f", "nul%00del%7F"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
    ],
)
def test_a_reason_is_one_line_of_visible_ascii(text, value):
    assert error_message(text) == value


def test_a_long_reason_is_cut():
    assert error_message("ü" * 10_000) == "%C3%BC" * 300 + "..."


@given(st.text())
def test_whatever_the_request_contained_the_value_is_a_header_s(text):
    value = error_message(text)
    assert value.isascii()
    assert value.isprintable()
    assert value == value.strip()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_value_decodes_to_its_reason(text):
    assert unquote(error_message(text)) == text.strip()
