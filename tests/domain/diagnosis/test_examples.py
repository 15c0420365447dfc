from datetime import UTC, datetime

from tests.domain.diagnosis.clients import SECRET, TOKEN_ID, diagnose_request
from tokens.domain.diagnosis.examples import failing_request
from tokens.domain.diagnosis.pasting.requests import Fields, read_request
from tokens.domain.signing.snws2.verification import read_request as read_strictly

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def example():
    return read_request(Fields(**failing_request(TOKEN_ID, lambda: SECRET, now=NOW)))


def test_it_is_refused_and_explained():
    request = example().request
    assert read_strictly(request).matches(SECRET) is None
    diagnosis = diagnose_request(request)
    assert diagnosis.is_explained
    assert [mistake.name for mistake in diagnosis.mistakes] == ["Percent-encoding"]


def test_its_day_is_so_long_ago_that_its_key_opens_nothing():
    assert (NOW - read_strictly(example().request).date).days > 20


def test_what_was_signed_is_no_request_s_canonical_form():
    theirs = "".join(
        row.client.before + row.client.differing for row in diagnose_request(example().request).rows if row.role == "query"
    )
    assert "+" in theirs
