"""Queries past Django's cursor, on whatever database the tests run."""

import pytest
from django.db import DataError, OperationalError, connection, transaction

from tests.factories import issue
from tokens.services.signed_requests.driver import fetch_all

ONE = "SELECT 1 WHERE %s = 'one'"
# What SQLite and PostgreSQL each refuse only when it runs.
FAILING = {"sqlite": "SELECT abs(-9223372036854775808) WHERE %s = 'one'", "postgresql": "SELECT 1 / 0 WHERE %s = 'one'"}


@pytest.mark.django_db(transaction=True)
class TestFetchAll:
    def test_it_asks_again_with_other_values(self):
        assert [fetch_all(ONE, (value,)) for value in ("one", "two", "one")] == [[(1,)], [], [(1,)]]

    def test_a_new_connection_is_asked_once_the_old_one_is_closed(self):
        assert fetch_all(ONE, ("one",)) == [(1,)]
        connection.close()
        assert fetch_all(ONE, ("one",)) == [(1,)]

    def test_a_query_that_fails_raises_as_with_django_s_cursor(self):
        with pytest.raises((DataError, OperationalError)):
            fetch_all(FAILING, ("one",))

    def test_a_query_that_fails_leaves_the_next_one_alone(self):
        with pytest.raises((DataError, OperationalError)), transaction.atomic():
            fetch_all(FAILING, ("one",))
        assert fetch_all(ONE, ("one",)) == [(1,)]

    def test_it_sees_what_the_transaction_has_written(self, alice):
        with transaction.atomic():
            issued = issue(alice)
            found = fetch_all("SELECT id FROM tokens_securitytoken WHERE token_id = %s", (issued.token.token_id,))
        assert found == [(issued.token.pk,)]
