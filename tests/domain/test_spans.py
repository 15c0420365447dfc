"""How far away an instant is, in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.dates import format_ago, format_ahead

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (3_600, "1 hour ago"),
        (2 * 86_400 - 1, "1 day ago"),
        (30 * 86_400, "30 days ago"),
        (31 * 86_400, "1 month ago"),
        (400 * 86_400, "1 year ago"),
    ],
)
def test_how_long_ago_is_cut_to_the_largest_unit(seconds, text):
    assert format_ago(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(("days", "text"), [(0, "now"), (1, "in 1 day"), (300, "in 9 months")])
def test_how_far_ahead_is_cut_to_the_largest_unit(days, text):
    assert format_ahead(NOW + timedelta(days=days), NOW) == text


@given(seconds=st.integers(-(10**9), -1))
def test_what_clocks_that_differ_put_into_the_future_is_just_now(seconds):
    assert format_ago(NOW - timedelta(seconds=seconds), NOW) == "just now"
