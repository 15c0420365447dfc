"""What the list is searched, filtered and sorted by, made by the database from the policy, and the indexes for it."""

from importlib import import_module
from typing import Any

import django.db.models.fields.json
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

_name_index = import_module("tokens.migrations.0005_token_name_index")


def _restore_name_index(apps: Any, schema_editor: Any) -> None:
    # SQLite adds such a column by making the table again, which drops an index that no model knows.
    if schema_editor.connection.vendor == "sqlite":
        _name_index._add_index(apps, schema_editor)


class Migration(migrations.Migration):
    """Adds columns and indexes."""

    dependencies = [
        ("tokens", "0005_token_name_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="securitytoken",
            name="is_unrestricted",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(models.When(policy={}, then=models.Value(True)), default=models.Value(False)),
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AddField(
            model_name="securitytoken",
            name="node_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Concat(
                    models.Value(","),
                    django.db.models.functions.comparison.Coalesce(
                        django.db.models.functions.text.Replace(
                            django.db.models.functions.text.Replace(
                                django.db.models.functions.text.Replace(
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.fields.json.KeyTextTransform("nodeIds", "policy"), models.TextField()
                                    ),
                                    models.Value("["),
                                    models.Value(""),
                                ),
                                models.Value("]"),
                                models.Value(""),
                            ),
                            models.Value(" "),
                            models.Value(""),
                        ),
                        models.Value(""),
                        output_field=models.TextField(),
                    ),
                    models.Value(","),
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="securitytoken",
            name="source_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.Coalesce(
                    django.db.models.functions.comparison.Cast(
                        django.db.models.fields.json.KeyTextTransform("sourceIds", "policy"), models.TextField()
                    ),
                    models.Value(""),
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="securitytoken",
            index=models.Index(
                fields=["owner", "type", "-created_at", "-id"],
                condition=models.Q(is_unrestricted=True),
                name="token_unrestricted",
            ),
        ),
        migrations.AddIndex(
            model_name="securitytoken",
            index=models.Index(fields=["owner", "type", "status", "-created_at", "-id", "not_after"], name="token_status"),
        ),
        migrations.AddIndex(
            model_name="securitytoken",
            index=models.Index(fields=["owner", "type", "not_after", "id"], name="token_ends"),
        ),
        migrations.AddIndex(
            model_name="securitytoken",
            index=models.Index(
                models.F("owner"),
                models.F("type"),
                django.db.models.functions.text.Lower("name"),
                models.F("id"),
                name="token_by_name",
            ),
        ),
        migrations.RunPython(_restore_name_index, migrations.RunPython.noop),
    ]
