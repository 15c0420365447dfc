"""Hand-written queries of the hot path, run by the database's driver itself: Django's cursor costs as much as the query."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]
# Where a connection to PostgreSQL keeps a cursor, since making one takes a tenth of a query's time. One thread has it at a time.
_CURSOR = "_portal_cursor"


def vendor() -> str:
    """Return what the database is: `sqlite` or `postgresql`."""
    return connections[DEFAULT_DB_ALIAS].vendor


def fetch_all(query: str | Mapping[str, str], values: Sequence[Any]) -> list[Row]:
    """Run a query and return its rows as the driver gives them.

    Args:
        query: with `%s` for each value, and no other percent sign; or one for each kind of database, by its name.
        values: for the marks.

    Raises:
        OperationalError: the database is unavailable.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if not isinstance(query, str):
        query = query[database.vendor]
    if database.queries_logged:
        with database.cursor() as cursor:
            cursor.execute(query, values)
            rows: list[Row] = cursor.fetchall()
            return rows
    if database.connection is None:
        database.ensure_connection()
    try:
        return _DRIVERS[database.vendor](database.connection, query, values)
    except Exception:
        # As Django's cursor does, but at no cost where nothing fails.
        with database.wrap_database_errors:
            raise


def run_for_each(query: str, rows: Sequence[Sequence[Any]]) -> int:
    """Run a statement for each row of values, in their order; return how many rows of the database it has changed.

    Args:
        query: as for `fetch_all`.
        rows: the values for the marks.

    Raises:
        OperationalError: the database is unavailable.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql" or database.queries_logged:
        with database.cursor() as cursor:
            cursor.executemany(query, rows)
            return int(cursor.rowcount)
    database.ensure_connection()
    # Django's cursor writes the values into the text, and PostgreSQL plans each of them: twice the time.
    with database.wrap_database_errors:
        own = _cursor_of(database.connection)
        own.executemany(_for_postgresql(query), rows)
        return own.rowcount


def _ask_sqlite(driver: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[Row]:
    return driver.execute(_for_sqlite(query), values).fetchall()


@lru_cache(maxsize=64)
def _for_sqlite(query: str) -> str:
    return query.replace("%s", "?")


def _ask_postgresql(driver: "psycopg.Connection[Any]", query: str, values: Sequence[Any]) -> list[Row]:
    # PostgreSQL plans a query again each time unless it is prepared, and planning costs more than running these.
    return _cursor_of(driver).execute(_for_postgresql(query), values, prepare=True).fetchall()


def _cursor_of(driver: "psycopg.Connection[Any]") -> "psycopg.Cursor[Any]":
    own = vars(driver)
    if _CURSOR not in own:
        # Takes 40 ms to import, which commands and servers on SQLite need not wait for.
        import psycopg

        own[_CURSOR] = psycopg.Cursor(driver)
    cursor: psycopg.Cursor[Any] = own[_CURSOR]
    return cursor


@lru_cache(maxsize=64)
def _for_postgresql(query: str) -> bytes:
    return query.encode()


_DRIVERS: dict[str, Callable[[Any, str, Sequence[Any]], list[Row]]] = {"sqlite": _ask_sqlite, "postgresql": _ask_postgresql}


def write_instant(instant: datetime) -> str | datetime:
    """Return an instant in UTC as Django's field writes it, in a fifth of the time."""
    return str(instant.replace(tzinfo=None)) if vendor() == "sqlite" else instant


def read_instant(value: str | datetime | None) -> datetime | None:
    """Return an instant as the driver gave it: SQLite's is text or naive, and in UTC."""
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
