"""SQLite's index of the parts of words knows whose token it is, and of which type: a word that others use is no hindrance.

`add_index` is the one to call after `tokens_securitytoken` has been made again.
"""

from importlib import import_module
from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper

_search = import_module("tokens.migrations.0016_search")
remove_index = _search.remove_index
# Three characters that Unicode leaves to whoever uses them (6,400 from U+E000): a number of a type in an account, as one part of a word.
# `tokens/services/lists/search.py` writes the same.
_NUMBER = "({row}owner_id * 2 + ({row}type = 'User'))"
_MARK = f"char(57344 + {_NUMBER} % 6400, 57344 + {_NUMBER} / 6400 % 6400, 57344 + {_NUMBER} / 40960000 % 6400)"


def add_index(connection: BaseDatabaseWrapper) -> None:
    """Make the index, if the database can."""
    _search.add_index(connection, f"{_MARK} || ' ' || {_search.TEXT}")


def _forwards(apps: Any, schema_editor: Any) -> None:
    _replace(schema_editor.connection, add_index)


def _backwards(apps: Any, schema_editor: Any) -> None:
    _replace(schema_editor.connection, _search.add_index)


def _replace(connection: BaseDatabaseWrapper, add: Any) -> None:
    if connection.vendor == "sqlite":
        remove_index(connection)
        add(connection)


class Migration(migrations.Migration):
    """Makes the index again."""

    dependencies = [("tokens", "0017_last_use_as_numbers")]

    operations = [migrations.RunPython(_forwards, _backwards)]
