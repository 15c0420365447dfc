"""An index of the parts of words, where the database has one: whoever looks for one token among 100,000 need not wait for all.

SQLite has it as a table of its own, which triggers keep; making `tokens_securitytoken` again drops them, so a migration that does has
to call the newest `add_index` (0018) after that (`tests/services/lists/test_search.py` sees to it). PostgreSQL has it in an extension,
which a database's owner may add; without it everything is found as before, by reading all of an account's tokens.
"""

from typing import Any

from django.db import DatabaseError, migrations, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TEXT = "{row}token_id || ' ' || {row}name || ' ' || {row}description || ' ' || {row}source_text || ' ' || {row}node_text"


def make_statements(vendor: str, text: str) -> tuple[str, ...]:
    """Return what makes the index: first what not every database can. `text` is what SQLite's table keeps of a `{row}`."""
    if vendor == "postgresql":
        return _POSTGRESQL
    new, old, row = (text.format(row=row) for row in ("NEW.", "OLD.", ""))
    add = f"INSERT INTO tokens_search (rowid, text) VALUES (NEW.id, {new});"  # noqa: S608 -- constants
    remove = f"INSERT INTO tokens_search (tokens_search, rowid, text) VALUES ('delete', OLD.id, {old});"  # noqa: S608 -- constants
    return (
        # Only which rows have three characters in a row, not where: that takes less room.
        "CREATE VIRTUAL TABLE tokens_search USING fts5(text, content='', tokenize='trigram', detail='none', columnsize=0)",
        f"INSERT INTO tokens_search (rowid, text) SELECT id, {row} FROM tokens_securitytoken",  # noqa: S608 -- constants
        f"CREATE TRIGGER tokens_search_insert AFTER INSERT ON tokens_securitytoken BEGIN {add} END",
        f"CREATE TRIGGER tokens_search_delete AFTER DELETE ON tokens_securitytoken BEGIN {remove} END",
        f"""
        CREATE TRIGGER tokens_search_update AFTER UPDATE OF token_id, name, description, policy ON tokens_securitytoken
        WHEN {old} <> {new} BEGIN {remove} {add} END
        """,
    )


_TRIGGERS = ("tokens_search_insert", "tokens_search_delete", "tokens_search_update")
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # No index is made of a table whose foreign keys have yet to be checked, as where `seed_load` has just filled it.
    "SET CONSTRAINTS ALL IMMEDIATE",
    """
    CREATE INDEX tokens_search ON tokens_securitytoken USING gin (
        upper(token_id::text) gin_trgm_ops, upper(name::text) gin_trgm_ops, upper(description::text) gin_trgm_ops,
        upper(source_text) gin_trgm_ops, node_text gin_trgm_ops
    )
    """,
    "SET CONSTRAINTS ALL DEFERRED",
)


def add_index(connection: BaseDatabaseWrapper, text: str = TEXT) -> None:
    """Make the index, if the database can."""
    needed, *others = make_statements(connection.vendor, text)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute(needed)
        except DatabaseError:
            # SQLite without FTS5, or before 3.34; PostgreSQL without the extension, or a user who may not add it.
            return
        for statement in others:
            cursor.execute(statement)


def remove_index(connection: BaseDatabaseWrapper) -> None:
    """Remove what `add_index` made."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP INDEX IF EXISTS tokens_search")
            return
        for trigger in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        cursor.execute("DROP TABLE IF EXISTS tokens_search")


def _forwards(apps: Any, schema_editor: Any) -> None:
    add_index(schema_editor.connection)


def _backwards(apps: Any, schema_editor: Any) -> None:
    remove_index(schema_editor.connection)


class Migration(migrations.Migration):
    """Adds the index."""

    dependencies = [("tokens", "0015_nodes_by_owner")]

    operations = [migrations.RunPython(_forwards, _backwards)]
