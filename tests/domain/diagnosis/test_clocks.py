from datetime import UTC, datetime, timedelta

import pytest

from tokens.domain.diagnosis.clocks import find_clock_mistake, say_duration

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def advice(off, *, is_answer):
    mistake = find_clock_mistake(NOW + off, NOW, is_answer=is_answer)
    return mistake.advice if mistake else ""


@pytest.mark.parametrize("off", [timedelta(0), timedelta(minutes=14, seconds=59), -timedelta(minutes=14, seconds=59)])
def test_less_than_15_minutes_is_no_mistake(off):
    assert advice(off, is_answer=True) == ""


@pytest.mark.parametrize(
    ("off", "is_answer", "part"),
    [
        (timedelta(minutes=15), True, "15 minutes ahead of the response's Date. The limit is 15 minutes"),
        (-timedelta(minutes=20), True, "20 minutes behind the response's Date"),
        (-timedelta(minutes=20), False, "If the request was sent just now, set the client's clock"),
        (timedelta(hours=13), True, "That is a time zone's offset: local time was written as GMT"),
        (timedelta(hours=5, minutes=30, seconds=2), False, "That is a time zone"),
        (-timedelta(hours=5, seconds=1), False, "If it was not sent that long ago, local time was written as GMT"),
        (timedelta(hours=20), True, "The limit is 15 minutes"),
    ],
)
def test_the_reason_is_told(off, is_answer, part):
    assert part in advice(off, is_answer=is_answer)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 seconds"), (61, "1 minute 1 second"), (3600, "1 hour"), (200_000, "2 days 7 hours")]
)
def test_a_duration_is_said_in_its_two_largest_units(seconds, words):
    assert say_duration(timedelta(seconds=seconds)) == words
