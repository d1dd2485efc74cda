"""The two tables that hold what is kept of a case are called what they are."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_squashed_0008_recoding")]

    operations = [
        migrations.RenameModel(old_name="Record", new_name="CachedRepresentation"),
        migrations.RenameModel(old_name="Standing", new_name="CurrentVersion"),
        migrations.AlterField(
            model_name="cachedrepresentation",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="representation",
                serialize=False,
                to="cases.case",
            ),
        ),
        migrations.AlterField(
            model_name="currentversion",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="current_version",
                serialize=False,
                to="cases.case",
            ),
        ),
    ]
