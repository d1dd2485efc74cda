import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("taxonomy", "0001_squashed_0003_first_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TermExample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "fit",
                    models.CharField(
                        choices=[("typical", "typical"), ("borderline", "borderline"), ("near-miss", "near miss")],
                        max_length=10,
                        verbose_name="as",
                    ),
                ),
                (
                    "case",
                    models.SlugField(
                        db_index=False, help_text="The short name in its address.", max_length=120, verbose_name="entry"
                    ),
                ),
                ("why", models.TextField(help_text="What it shows: why it is coded so, or just not.")),
                (
                    "passage",
                    models.TextField(
                        blank=True,
                        help_text="Word for word, as the entry quotes its source.",
                        verbose_name="words quoted",
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["order", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TermNeighbour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("difference", models.TextField(help_text="How to tell the two apart.")),
                ("order", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["order", "pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="codebookchange",
            options={"ordering": ["-number", "pk"]},
        ),
        migrations.RemoveConstraint(
            model_name="codebookchange",
            name="change_is_of_a_term_or_the_first_load",
        ),
        migrations.AddField(
            model_name="codebookchange",
            name="revision",
            field=models.ForeignKey(
                blank=True,
                help_text="The revision that it is part of.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parts",
                to="taxonomy.codebookchange",
            ),
        ),
        migrations.AddField(
            model_name="codebookchange",
            name="title",
            field=models.CharField(blank=True, help_text="What a revision is called.", max_length=160),
        ),
        migrations.AddField(
            model_name="codebookchange",
            name="vocabulary",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="taxonomy.vocabulary",
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="history_note",
            field=models.TextField(blank=True, help_text="What it meant in earlier versions of the codebook."),
        ),
        migrations.AddField(
            model_name="term",
            name="include_when",
            field=models.TextField(blank=True, help_text="When to code with it."),
        ),
        migrations.AddField(
            model_name="term",
            name="leave_out_when",
            field=models.TextField(blank=True, help_text="When not to, though it looks like it."),
        ),
        migrations.AddField(
            model_name="vocabulary",
            name="rules",
            field=models.TextField(
                blank=True,
                help_text="The rules of coding in this dimension, for the manual; Markdown, headings from ### on.",
            ),
        ),
        migrations.AlterField(
            model_name="codebookchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("loaded", "first loaded"),
                    ("revised", "revised"),
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
        migrations.AlterField(
            model_name="codebookchange",
            name="number",
            field=models.PositiveIntegerField(db_index=True, verbose_name="version"),
        ),
        migrations.AlterField(
            model_name="codebookchange",
            name="reason",
            field=models.TextField(blank=True, help_text="In a revision, empty where the reason is that of the whole."),
        ),
        migrations.AlterField(
            model_name="term",
            name="scope_note",
            field=models.TextField(blank=True, help_text="What else belongs to its use."),
        ),
        migrations.AddConstraint(
            model_name="codebookchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revision", None)), fields=("number",), name="change_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="codebookchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ("loaded", "revised")), ("revision", None), ("term", None), ("vocabulary", None)
                    ),
                    models.Q(
                        models.Q(("kind__in", ("loaded", "revised")), _negated=True),
                        ("term__isnull", False),
                        ("vocabulary", None),
                    ),
                    models.Q(
                        models.Q(("kind__in", ("loaded", "revised")), _negated=True),
                        ("term", None),
                        ("vocabulary__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="change_is_of_a_term_a_vocabulary_or_the_whole",
            ),
        ),
        migrations.AddField(
            model_name="termexample",
            name="term",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="examples", to="taxonomy.term"
            ),
        ),
        migrations.AddField(
            model_name="termneighbour",
            name="neighbour",
            field=models.ForeignKey(
                help_text="The term to tell it apart from.",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="taxonomy.term",
            ),
        ),
        migrations.AddField(
            model_name="termneighbour",
            name="term",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="neighbours", to="taxonomy.term"
            ),
        ),
        migrations.AddConstraint(
            model_name="termneighbour",
            constraint=models.UniqueConstraint(fields=("term", "neighbour"), name="neighbour_once"),
        ),
        migrations.AddConstraint(
            model_name="termneighbour",
            constraint=models.CheckConstraint(
                condition=models.Q(("term", models.F("neighbour")), _negated=True), name="neighbour_is_another"
            ),
        ),
    ]
