from datetime import UTC, datetime

import pytest

from tests.domain.diagnosis.clients import SECRET, TOKEN_ID, diagnose_request
from tokens.domain.diagnosis.examples import EXAMPLES, failing_request
from tokens.domain.diagnosis.pasting.requests import Fields, read_request
from tokens.domain.signing.schemes import find_scheme

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(params=EXAMPLES)
def request_of_example(request):
    return read_request(Fields(**failing_request(request.param, TOKEN_ID, lambda: SECRET, now=NOW))).request


def test_it_is_refused_and_explained(request_of_example):
    assert find_scheme(request_of_example).read(request_of_example).matches(SECRET) is None
    diagnosis = diagnose_request(request_of_example)
    assert diagnosis.is_explained
    assert [mistake.name for mistake in diagnosis.mistakes] == ["Percent-encoding"]


def test_its_day_is_so_long_ago_that_its_key_opens_nothing(request_of_example):
    assert (NOW - find_scheme(request_of_example).read(request_of_example).date).days > 20


def test_what_was_signed_is_the_form_of_no_request(request_of_example):
    (row,) = (row for row in diagnose_request(request_of_example).rows if row.client != row.portal)
    # SNWS2 writes no "+", and no request line has a blank.
    assert {"+", " "} & set(row.client.differing)


def test_there_is_none_of_another_name():
    assert failing_request("other", TOKEN_ID, lambda: SECRET, now=NOW) == {}
