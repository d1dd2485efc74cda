import django.db.models.deletion
from django.db import migrations, models

import cases.models.catalogue


def begin(apps, schema_editor):
    apps.get_model("cases", "Catalogue").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="record",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("card", models.TextField(help_text="JSON: what a card of the results prints.")),
                ("line", models.TextField(help_text="CSV: its line of the table, with its line end.")),
                ("document", models.TextField(help_text="JSON: the case whole, as the API sends it.")),
            ],
        ),
        migrations.CreateModel(
            name="Catalogue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(default=cases.models.catalogue.new_version, max_length=16)),
                (
                    "rendering",
                    models.PositiveSmallIntegerField(default=0, help_text="The form in which the records are kept."),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="catalogue_is_one")],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
