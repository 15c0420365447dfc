"""Fingerprints of private passwords, for those that are stored already too."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.core.exceptions import ImproperlyConfigured
from django.db import migrations, models

from tokens import conf
from tokens.domain.errors import UnknownKey


def _fill_in(apps: Any, schema_editor: Any) -> None:
    """Make the fingerprints of what can be opened. `manage.py reencrypt_secrets` does the same for the rest, once its keys are there."""
    secrets = apps.get_model("tokens", "TokenSecret").objects.filter(fingerprint="")
    if not secrets.exists():
        return
    try:
        vault, fingerprinter = conf.get_vault(), conf.get_fingerprinter()
    except ImproperlyConfigured:
        return
    for secret in secrets.select_related("token").only("sealed", "token__token_id").iterator(500):
        try:
            value = vault.open(bytes(secret.sealed), token_id=secret.token.token_id)
        except UnknownKey:
            continue
        secrets.filter(pk=secret.pk).update(fingerprint=fingerprinter.make(value))


class Migration(migrations.Migration):
    """Adds the column, fills it in, and adds tables for what is retired and what is reported."""

    dependencies = [
        ("tokens", "0007_use"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeakReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fingerprints", models.JSONField(blank=True, default=list)),
                ("token_id", models.CharField(blank=True, max_length=64)),
                ("place", models.TextField(blank=True)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("client", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name="tokensecret",
            name="fingerprint",
            field=models.CharField(blank=True, db_index=True, default="", max_length=64),
        ),
        migrations.CreateModel(
            name="RetiredSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(db_index=True, max_length=64)),
                ("retired_at", models.DateTimeField()),
                (
                    "token",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="retired_secrets", to="tokens.securitytoken"
                    ),
                ),
            ],
        ),
        migrations.RunPython(_fill_in, migrations.RunPython.noop),
    ]
