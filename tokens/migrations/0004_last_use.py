"""The last use gets a table of its own, and the API's list an index."""

import django.db.models.deletion
from django.db import migrations, models

COPY = """
INSERT INTO tokens_lastuse (token_id, at, address, client)
SELECT id, last_used_at, last_used_address, last_used_client FROM tokens_securitytoken WHERE last_used_at IS NOT NULL
"""
COPY_BACK = """
UPDATE tokens_securitytoken SET
    last_used_at = (SELECT at FROM tokens_lastuse WHERE token_id = tokens_securitytoken.id),
    last_used_address = COALESCE((SELECT address FROM tokens_lastuse WHERE token_id = tokens_securitytoken.id), ''),
    last_used_client = COALESCE((SELECT client FROM tokens_lastuse WHERE token_id = tokens_securitytoken.id), '')
"""


class Migration(migrations.Migration):
    """Moves when, from where and by what a token was last used out of the token's row."""

    dependencies = [("tokens", "0003_audit_filters")]

    operations = [
        migrations.CreateModel(
            name="LastUse",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="last_use",
                        serialize=False,
                        to="tokens.securitytoken",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="last used")),
                ("address", models.CharField(blank=True, max_length=64)),
                ("client", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.RunSQL(COPY, COPY_BACK),
        migrations.RemoveField(model_name="securitytoken", name="last_used_at"),
        migrations.RemoveField(model_name="securitytoken", name="last_used_address"),
        migrations.RemoveField(model_name="securitytoken", name="last_used_client"),
        migrations.AddIndex(
            model_name="securitytoken", index=models.Index(fields=["owner", "-created_at", "-id"], name="token_find")
        ),
    ]
