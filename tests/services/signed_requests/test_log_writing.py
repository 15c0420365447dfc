"""What is noted of requests does not wait for the disk, and nothing else is written so."""

import pytest
from django.db import connection, transaction

from tokens.services.signed_requests.log_writing import in_due_course, short_lock_wait

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's settings")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's settings")
FULL, NORMAL = 2, 1


def setting(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}" if connection.vendor == "sqlite" else f"SHOW {name}")
        return cursor.fetchone()[0]


@on_sqlite
@pytest.mark.django_db(transaction=True)
class TestOnSqlite:
    @pytest.fixture(autouse=True)
    def _as_in_production(self):
        before = setting("synchronous")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        yield
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA synchronous={before}")

    def test_a_note_does_not_wait_for_the_disk(self):
        with in_due_course():
            assert setting("synchronous") == NORMAL

    def test_later_commits_of_the_connection_do(self):
        with in_due_course():
            pass
        assert setting("synchronous") == FULL

    def test_so_do_they_after_an_error(self):
        with pytest.raises(ZeroDivisionError), in_due_course():
            raise ZeroDivisionError
        assert setting("synchronous") == FULL

    def test_within_a_transaction_nothing_changes(self):
        with transaction.atomic(), in_due_course():
            assert setting("synchronous") == FULL

    def test_a_short_wait_is_undone(self):
        before = setting("busy_timeout")
        with short_lock_wait():
            assert setting("busy_timeout") == 100
        assert setting("busy_timeout") == before


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_only_that_transaction_does_not_wait():
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")
    with in_due_course():
        assert setting("synchronous_commit") == "off"
    assert setting("synchronous_commit") == "on"
