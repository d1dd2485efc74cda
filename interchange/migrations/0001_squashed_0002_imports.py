import django.db.models.deletion
import interchange.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("interchange", "0001_initial"), ("interchange", "0002_imports")]

    initial = True

    dependencies = [
        ("cases", "0001_squashed_0008_recoding"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LoadedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=20)),
                ("slug", models.CharField(max_length=120)),
                ("checksum", models.CharField(max_length=64)),
                ("loaded_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("register", "slug"), name="loaded_record_once")],
            },
        ),
        migrations.CreateModel(
            name="Mapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Cases are known by it and their number in that table: keep it.",
                        max_length=80,
                        unique=True,
                    ),
                ),
                ("spec", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="file")),
                ("sha256", models.CharField(max_length=64)),
                ("mapping", models.CharField(help_text="The name of the mapping that it is read by.", max_length=80)),
                ("spec", models.JSONField(default=dict, help_text="The mapping as it was then.")),
                ("notes", interchange.models.JsonText(default=list, help_text="What was met in the file as a whole.")),
                ("publish", models.BooleanField(default=False, verbose_name="publish what was published")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("read", "read, not planned yet"),
                            ("planned", "planned"),
                            ("applied", "applied"),
                            ("undone", "undone"),
                        ],
                        default="read",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "catalogue",
                    models.CharField(blank=True, help_text="The version that it was planned on.", max_length=16),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                (
                    "entered",
                    models.JSONField(
                        default=dict, help_text="Slugs of the sources, organisations and places it brought."
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="As a spreadsheet shows it.")),
                ("cells", interchange.models.JsonText(default=dict)),
                (
                    "problems",
                    interchange.models.JsonText(
                        default=list, help_text="What was met in it: column, value, message, severity."
                    ),
                ),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("waiting", "not planned yet"),
                            ("create", "new case"),
                            ("change", "changed case"),
                            ("same", "the same already"),
                            ("duplicate", "probable duplicate"),
                            ("refuse", "refused"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                (
                    "slug",
                    models.CharField(
                        blank=True, help_text="The address that the case has, or would have.", max_length=120
                    ),
                ),
                (
                    "external_id",
                    models.CharField(blank=True, help_text="What it is known by in its own table.", max_length=200),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        blank=True, help_text="That the case had when it was planned.", null=True
                    ),
                ),
                (
                    "record",
                    interchange.models.JsonText(
                        default=None, help_text="What the case would say: a plain record.", null=True
                    ),
                ),
                (
                    "entries",
                    interchange.models.JsonText(
                        default=list, help_text="The sources, organisations and places it names, as far as given."
                    ),
                ),
                ("publish", models.BooleanField(default=False)),
                (
                    "likely",
                    interchange.models.JsonText(
                        default=list, help_text="Which cases it may be already: slug, title, score."
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not decided: left out"),
                            ("skip", "leave it out"),
                            ("create", "a case of its own"),
                            ("change", "change the case that stands"),
                        ],
                        max_length=6,
                    ),
                ),
                (
                    "applied_as",
                    models.PositiveIntegerField(blank=True, help_text="The version that the case then had.", null=True),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="interchange.batch"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "indexes": [models.Index(fields=["batch", "fate", "number"], name="interchange_batch_i_6e26c3_idx")],
            },
        ),
        migrations.CreateModel(
            name="ImportedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scheme", models.CharField(help_text="The name of the mapping.", max_length=80)),
                ("external_id", models.CharField(max_length=200)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="interchange.batch",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.case"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("scheme", "external_id"), name="imported_record_once")],
            },
        ),
    ]
