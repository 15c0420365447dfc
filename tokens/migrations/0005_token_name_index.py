"""An index for the administration's search by the beginning of a name, in the words of each database."""

from typing import Any

from django.db import migrations

_EXPRESSIONS = {"sqlite": "LOWER(name)", "postgresql": "LOWER(name) varchar_pattern_ops"}


def _add_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(f"CREATE INDEX token_name ON tokens_securitytoken ({_EXPRESSIONS[schema_editor.connection.vendor]})")


def _remove_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP INDEX IF EXISTS token_name")


class Migration(migrations.Migration):
    """Adds the index."""

    dependencies = [("tokens", "0004_last_use")]

    operations = [migrations.RunPython(_add_index, _remove_index)]
