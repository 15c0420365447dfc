"""HTTP dates: one form, checked."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.http_dates import format_http_date, parse_http_date


def test_a_date_is_read_in_utc():
    assert parse_http_date("Tue, 24 Nov 2026 09:30:05 GMT") == datetime(2026, 11, 24, 9, 30, 5, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=253_402_300_799).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_what_is_written_is_read(instant):
    assert parse_http_date(format_http_date(instant)) == instant


def test_another_zone_is_written_in_utc():
    instant = datetime(2026, 11, 24, 22, 30, tzinfo=timezone(timedelta(hours=13)))
    assert format_http_date(instant) == "Tue, 24 Nov 2026 09:30:00 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tue, 24 Nov 2026 09:30:00",
        "Tue, 24 Nov 2026 09:30:00 UTC",
        "Tue, 24 Nov 2026 09:30:00 +0000",
        "Tue, 24 Nov 2026 09:30:00 GMT\n",
        "Tue,  24 Nov 2026 09:30:00 GMT",
        "tue, 24 nov 2026 09:30:00 gmt",
        "Tuesday, 24-Nov-26 09:30:00 GMT",
        "Tue Nov 24 09:30:00 2026",
        "Tue, 4 Nov 2026 09:30:00 GMT",
        "Tue, 24 Nov 26 09:30:00 GMT",
        "2026-11-24T09:30:00Z",
        "Tue, ٢٤ Nov 2026 09:30:00 GMT",
        "\ud800",
        "x" * 100_000,
    ],
)
def test_another_form_is_malformed(text):
    with pytest.raises(MalformedRequest):
        parse_http_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 24 Nov 2026 09:30:00 GMT",
        "Tue, 24 Nuv 2026 09:30:00 GMT",
        "Tue, 31 Nov 2026 09:30:00 GMT",
        "Tue, 00 Nov 2026 09:30:00 GMT",
        "Tue, 24 Nov 2026 24:00:00 GMT",
        "Tue, 24 Nov 2026 09:60:00 GMT",
        "Tue, 24 Nov 2026 09:30:60 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
    ],
)
def test_a_date_that_the_calendar_lacks_or_has_long_passed_is_malformed(text):
    with pytest.raises(MalformedRequest):
        parse_http_date(text)
