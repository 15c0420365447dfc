"""The state of a token."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.dates import from_milliseconds, to_milliseconds
from tokens.domain.states import State, has_expired, state_at

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
