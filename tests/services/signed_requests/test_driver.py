"""Queries past Django's cursor, on whatever database the tests run."""

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from tests.factories import issue
from tokens.models import SecurityToken
from tokens.services.signed_requests.driver import fetch_all, run_for_each

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


@pytest.mark.django_db(transaction=True)
class TestRunForEach:
    RENAME = "UPDATE tokens_securitytoken SET name = %s WHERE id = %s"

    def test_it_returns_how_many_rows_all_of_them_have_changed(self, alice):
        one, two = issue(alice).token, issue(alice).token
        assert run_for_each(self.RENAME, [("Roof", one.pk), ("Barn", two.pk), ("Mill", two.pk + 1)]) == 2
        assert [row.name for row in SecurityToken.objects.order_by("pk")] == ["Roof", "Barn"]

    def test_they_run_in_their_order(self, alice):
        token = issue(alice).token
        run_for_each(self.RENAME, [("Roof", token.pk), ("Barn", token.pk)])
        token.refresh_from_db()
        assert token.name == "Barn"

    def test_what_a_failed_transaction_has_run_is_undone(self, alice):
        token = issue(alice, name="Mill").token
        with pytest.raises((DataError, IntegrityError)), transaction.atomic():
            run_for_each(self.RENAME, [("Roof", token.pk), (None, token.pk)])
        token.refresh_from_db()
        assert token.name == "Mill"

    def test_it_runs_where_no_connection_is_open(self, alice):
        token = issue(alice).token
        connection.close()
        assert run_for_each(self.RENAME, [("Roof", token.pk)]) == 1
