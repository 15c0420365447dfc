import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0014_ends_with_status"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="node",
            index=models.Index(fields=["owner", "node_id"], name="node_of_owner"),
        ),
        # The new index does what the foreign key's own did.
        migrations.AlterField(
            model_name="node",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="nodes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
