"""The last use of a token by numbers on SQLite: its instant, which was text, and its key, which had an index."""

from datetime import UTC, datetime
from typing import Any

import django.db.models.deletion
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import tokens.models.columns

_TO_NUMBERS = """
UPDATE tokens_lastuse
SET at = CAST(strftime('%s', substr(at, 1, 19)) AS INTEGER) * 1000000 + CAST(substr(at || '.000000', 21, 6) AS INTEGER)
WHERE typeof(at) = 'text'
"""
_TO_TEXT = """
UPDATE tokens_lastuse SET at = strftime('%Y-%m-%d %H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06d', at % 1000000)
WHERE typeof(at) = 'integer'
"""


def _write_numbers(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    model = apps.get_model("tokens", "LastUse")
    # Changing each of its entries takes several times as long as making them again, which altering the column does.
    schema_editor.remove_index(model, *model._meta.indexes)
    schema_editor.execute(_TO_NUMBERS, params=None)


def _write_text(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    model = apps.get_model("tokens", "LastUse")
    schema_editor.remove_index(model, *model._meta.indexes)
    schema_editor.execute(_TO_TEXT, params=None)
    schema_editor.add_index(model, *model._meta.indexes)


class Migration(migrations.Migration):
    dependencies = [("tokens", "0016_search")]

    operations = [
        migrations.RunPython(_write_numbers, _write_text),
        migrations.AlterField(
            model_name="lastuse",
            name="at",
            field=tokens.models.columns.InstantField(default=datetime(1970, 1, 1, tzinfo=UTC), verbose_name="last used"),
        ),
        migrations.AlterField(
            model_name="lastuse",
            name="token",
            field=tokens.models.columns.SharedKeyField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="stored_use",
                serialize=False,
                to="tokens.securitytoken",
            ),
        ),
    ]
