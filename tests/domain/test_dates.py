"""How instants are written for programs."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.dates import format_timestamp

# What `timestampParse` of the published client takes (d3's "%Y-%m-%d %H:%M:%S.%LZ").
SOLARNETWORK_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z").fullmatch
instants = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 11, 24, 9, 30, tzinfo=UTC), "2026-11-24 09:30:00.000Z"),
        (datetime(2026, 11, 24, 9, 30, 0, 999_999, tzinfo=UTC), "2026-11-24 09:30:00.999Z"),
        (datetime(2026, 11, 25, 0, 15, tzinfo=timezone(timedelta(hours=13))), "2026-11-24 11:15:00.000Z"),
    ],
)
def test_a_timestamp_is_utc_to_the_millisecond(instant, expected):
    assert format_timestamp(instant) == expected


@given(instant=instants)
def test_a_timestamp_has_solarnetworks_form(instant):
    assert SOLARNETWORK_FORM(format_timestamp(instant))


@given(instant=instants)
def test_a_timestamp_reads_back_to_the_millisecond(instant):
    cut = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(format_timestamp(instant)) == cut
