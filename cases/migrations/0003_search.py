import django.db.models.deletion
from django.db import migrations, models

SQLITE = """
CREATE VIRTUAL TABLE cases_search USING fts5 (title, summary, narrative, names, tokenize = 'ascii');
CREATE TRIGGER cases_searchrow_gone AFTER DELETE ON cases_searchrow
BEGIN DELETE FROM cases_search WHERE rowid = old.case_id; END
"""
POSTGRESQL = """
ALTER TABLE cases_searchrow ADD COLUMN words tsvector NOT NULL DEFAULT '';
CREATE INDEX cases_searchrow_words ON cases_searchrow USING gin (words)
"""


def make(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements.split(";\n"):
        schema_editor.execute(statement)


def unmake(apps, schema_editor):
    """On PostgreSQL the column goes with its table."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER cases_searchrow_gone")
        schema_editor.execute("DROP TABLE cases_search")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_catalogue_and_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=40, unique=True)),
            ],
        ),
        migrations.RunPython(make, unmake),
        migrations.RemoveField(model_name="case", name="search_title"),
        migrations.RemoveField(model_name="case", name="search_text"),
    ]
