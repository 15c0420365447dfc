"""Tables for what tokens are used for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the tables."""

    dependencies = [
        ("tokens", "0006_finding"),
    ]

    operations = [
        migrations.CreateModel(
            name="Caller",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(blank=True, max_length=64)),
                ("client", models.CharField(blank=True, max_length=200)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("calls", models.PositiveIntegerField(default=0)),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="callers",
                        to="tokens.securitytoken",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["token", "-last_at"], name="caller_last")],
                "constraints": [models.UniqueConstraint(fields=("token", "address", "client"), name="caller_once")],
            },
        ),
        migrations.CreateModel(
            name="UseDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("secret_key", models.BigIntegerField(default=0)),
                ("allowed", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="use_days",
                        to="tokens.securitytoken",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="use_day")],
                "constraints": [models.UniqueConstraint(fields=("token", "day", "secret_key"), name="use_day_once")],
            },
        ),
        migrations.CreateModel(
            name="UseScope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("scope_key", models.CharField(max_length=32)),
                ("method", models.CharField(max_length=16)),
                ("path", models.CharField(max_length=160)),
                ("nodes", models.CharField(blank=True, max_length=1000)),
                ("sources", models.CharField(blank=True, max_length=1000)),
                ("aggregation", models.CharField(blank=True, max_length=32)),
                ("is_partial", models.BooleanField(default=False)),
                ("allowed", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="use_scopes",
                        to="tokens.securitytoken",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="use_scope_day")],
                "constraints": [models.UniqueConstraint(fields=("token", "day", "scope_key"), name="use_scope_once")],
            },
        ),
    ]
