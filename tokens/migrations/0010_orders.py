"""The list in the order of last use, description and policy: every token gets a row for its last use, and the orders their indexes."""

import datetime
from functools import reduce
from importlib import import_module
from operator import add
from typing import Any

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

_name_index = import_module("tokens.migrations.0005_token_name_index")

_RESTRICTIONS = ("apiPaths", "notAfter", "minAggregation", "nodeIds", "sourceIds", "nodeMetadataPaths", "userMetadataPaths")
FILL = """
UPDATE tokens_lastuse SET
    owner_id = (SELECT owner_id FROM tokens_securitytoken WHERE id = tokens_lastuse.token_id),
    type = (SELECT type FROM tokens_securitytoken WHERE id = tokens_lastuse.token_id)
"""
ADD_MISSING = """
INSERT INTO tokens_lastuse (token_id, owner_id, type, at, address, client)
SELECT id, owner_id, type, %s, '', '' FROM tokens_securitytoken
WHERE NOT EXISTS (SELECT 1 FROM tokens_lastuse WHERE token_id = tokens_securitytoken.id)
"""
NEVER_USED = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def _ones() -> Any:
    """The number of restrictions, as the model has it."""
    ones = [
        models.Case(models.When(**{f"policy__{key}__isnull": False}, then=models.Value(1)), default=models.Value(0))
        for key in _RESTRICTIONS
    ]
    return reduce(add, ones)


def _fill(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute(ADD_MISSING, [connection.ops.adapt_datetimefield_value(NEVER_USED)])
    # PostgreSQL alters no table whose foreign keys it has yet to check.
    connection.check_constraints(table_names=["tokens_lastuse"])


def _remove_never_used(apps: Any, schema_editor: Any) -> None:
    apps.get_model("tokens", "LastUse").objects.filter(at=NEVER_USED).delete()
    schema_editor.connection.check_constraints(table_names=["tokens_lastuse"])


def _restore_name_index(apps: Any, schema_editor: Any) -> None:
    # SQLite adds such a column by making the table again, which drops an index that no model knows.
    if schema_editor.connection.vendor == "sqlite":
        _name_index._add_index(apps, schema_editor)


class Migration(migrations.Migration):
    """Adds columns, rows and indexes."""

    dependencies = [
        ("tokens", "0009_mails"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="lastuse",
            name="token",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="stored_use",
                serialize=False,
                to="tokens.securitytoken",
            ),
        ),
        migrations.AddField(
            model_name="lastuse",
            name="owner",
            field=models.ForeignKey(
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="lastuse",
            name="type",
            field=models.CharField(choices=[("User", "User"), ("ReadNodeData", "Data")], default="", max_length=16),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="lastuse", name="at", field=models.DateTimeField(default=NEVER_USED, verbose_name="last used")
        ),
        migrations.RunPython(_fill, _remove_never_used),
        migrations.AlterField(
            model_name="lastuse",
            name="owner",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="lastuse", index=models.Index(fields=["owner", "type", "at", "token"], name="last_use_order")
        ),
        migrations.AddField(
            model_name="securitytoken",
            name="restriction_count",
            field=models.GeneratedField(db_persist=True, expression=_ones(), output_field=models.SmallIntegerField()),
        ),
        migrations.AddIndex(
            model_name="securitytoken",
            index=models.Index(
                models.F("owner"),
                models.F("type"),
                django.db.models.functions.text.Lower("description"),
                models.F("id"),
                name="token_by_description",
            ),
        ),
        migrations.AddIndex(
            model_name="securitytoken",
            index=models.Index(fields=["owner", "type", "restriction_count", "id"], name="token_by_restrictions"),
        ),
        migrations.RunPython(_restore_name_index, migrations.RunPython.noop),
    ]
