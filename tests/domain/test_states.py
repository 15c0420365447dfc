"""The state of a token."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.dates import from_milliseconds, to_milliseconds
from tokens.domain.states import EXPIRING_DAYS, State, find_ending, has_expired, state_at

# Epoch milliseconds from 1970 to the year 9999.
instants = st.integers(0, 253_370_764_800_000)
nearby = st.timedeltas(timedelta(milliseconds=-2), timedelta(milliseconds=2))


@given(not_after=instants, difference=nearby)
def test_a_token_works_up_to_and_including_its_last_instant(not_after, difference):
    now = from_milliseconds(not_after) + difference
    assert has_expired(not_after, now) == (difference > timedelta(0))


def test_a_token_without_an_end_never_expires():
    assert not has_expired(None, datetime(9999, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize("status", [State.ACTIVE, State.DISABLED])
def test_an_expired_token_is_expired_whatever_its_status(status):
    now = datetime(2026, 11, 24, tzinfo=UTC)
    past, future = (to_milliseconds(now + difference) for difference in (-timedelta(seconds=1), timedelta(seconds=1)))
    assert state_at(now, status=status, not_after=past) is State.EXPIRED
    assert state_at(now, status=status, not_after=future) is status


@pytest.mark.parametrize(("state", "toggled"), [(State.ACTIVE, State.DISABLED), (State.DISABLED, State.ACTIVE)])
def test_enabling_and_disabling_undo_each_other(state, toggled):
    assert state.toggled is toggled


@pytest.mark.parametrize("state", State)
def test_exactly_one_of_its_flags_is_true(state):
    assert [state.is_active, state.is_disabled, state.is_expired].count(True) == 1


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def ending_at(end: datetime, *, now: datetime = NOON, status: State = State.ACTIVE):
    return find_ending(now, status=status, not_after=to_milliseconds(end))


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (datetime(2026, 11, 24, 12, tzinfo=UTC), "today"),
        (datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), "today"),
        (datetime(2026, 11, 25, 0, 1, tzinfo=UTC), "in 1 day"),
        (datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC), "in 1 day"),
        (datetime(2026, 11, 27, 1, tzinfo=UTC), "in 3 days"),
        (datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC), "in 30 days"),
    ],
)
def test_the_days_to_an_end_are_counted_by_the_calendar(end, text):
    ending = ending_at(end)
    assert (str(ending), ending.at) == (text, end)


def test_the_calendar_is_utc_wherever_the_clock_is():
    late_in_the_west = datetime(2026, 11, 24, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert str(ending_at(datetime(2026, 11, 25, 23, tzinfo=UTC), now=late_in_the_west)) == "today"


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (datetime(2026, 12, 25, tzinfo=UTC), State.ACTIVE),
        (NOON - timedelta(milliseconds=1), State.ACTIVE),
        (NOON + timedelta(days=1), State.DISABLED),
    ],
)
def test_a_token_that_ends_later_or_does_not_work_has_no_coming_end(end, status):
    assert ending_at(end, status=status) is None


@given(st.none() | st.integers(-(2**63), 2**63))
def test_no_stored_end_is_too_large_to_ask_about(not_after):
    ending = find_ending(NOON, status=State.ACTIVE, not_after=not_after)
    assert ending is None or 0 <= ending.days <= EXPIRING_DAYS
