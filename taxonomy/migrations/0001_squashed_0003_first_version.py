import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("taxonomy", "0001_initial"), ("taxonomy", "0002_codebook_history"), ("taxonomy", "0003_first_version")]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Vocabulary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(unique=True)),
                ("label", models.CharField(max_length=120)),
                ("definition", models.TextField()),
                (
                    "source_note",
                    models.TextField(
                        blank=True, help_text="Where the list comes from, and what was rebuilt or added here."
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "vocabularies",
                "ordering": ["order", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        help_text="Addresses, exports and queries use it; a former one keeps its meaning."
                    ),
                ),
                ("label", models.CharField(max_length=160)),
                ("definition", models.TextField(help_text="What it is, in one or two sentences.")),
                ("scope_note", models.TextField(blank=True, help_text="When to use it, and when not.")),
                ("example", models.TextField(blank=True)),
                (
                    "notation",
                    models.CharField(
                        blank=True, help_text="A code of an outside list, for example COFOG 07.", max_length=20
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0)),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="The version of the codebook in which it last changed."
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Since when nothing is newly coded with it.",
                        null=True,
                        verbose_name="retired",
                    ),
                ),
                (
                    "broader",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="narrower",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="The term that its slug means now.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaces",
                        to="taxonomy.term",
                    ),
                ),
                (
                    "vocabulary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="terms", to="taxonomy.vocabulary"
                    ),
                ),
            ],
            options={
                "ordering": ["vocabulary__order", "order", "slug"],
                "constraints": [
                    models.UniqueConstraint(fields=("vocabulary", "slug"), name="term_slug_once_in_vocabulary"),
                    models.CheckConstraint(condition=models.Q(("label", ""), _negated=True), name="term_has_label"),
                    models.CheckConstraint(
                        condition=models.Q(("definition", ""), _negated=True), name="term_has_definition"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("broader", None), models.Q(("broader", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="term_not_broader_than_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_by", None),
                            models.Q(
                                ("retired_at__isnull", False), models.Q(("replaced_by", models.F("id")), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="term_replaced_is_retired_and_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("exactMatch", "exact match"),
                            ("closeMatch", "close match"),
                            ("broadMatch", "broader there"),
                            ("narrowMatch", "narrower there"),
                            ("relatedMatch", "related"),
                        ],
                        max_length=12,
                    ),
                ),
                ("iri", models.URLField(max_length=300, verbose_name="IRI")),
                ("label", models.CharField(max_length=200)),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alignments", to="taxonomy.term"
                    ),
                ),
            ],
            options={
                "ordering": ["iri"],
                "constraints": [models.UniqueConstraint(fields=("term", "iri"), name="alignment_once")],
            },
        ),
        migrations.CreateModel(
            name="CodebookChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="version")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("loaded", "first loaded"),
                            ("added", "added"),
                            ("renamed", "renamed"),
                            ("redefined", "redefined"),
                            ("merged", "merged"),
                            ("split", "split"),
                            ("retired", "retired"),
                            ("restored", "restored"),
                        ],
                        max_length=10,
                    ),
                ),
                ("before", models.JSONField(blank=True, default=dict)),
                ("after", models.JSONField(blank=True, default=dict)),
                ("reason", models.TextField(blank=True)),
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
                ("into", models.ManyToManyField(blank=True, related_name="+", to="taxonomy.term")),
                (
                    "term",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="taxonomy.term",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "loaded"), ("term", None)),
                            models.Q(models.Q(("kind", "loaded"), _negated=True), ("term__isnull", False)),
                            _connector="OR",
                        ),
                        name="change_is_of_a_term_or_the_first_load",
                    )
                ],
            },
        ),
    ]
