import django.db.models.deletion
from django.db import migrations, models

SQLITE = """
CREATE VIRTUAL TABLE cases_search USING fts5 (title, summary, narrative, names, tokenize = 'ascii');
CREATE TRIGGER cases_searchrow_gone AFTER DELETE ON cases_searchrow
BEGIN DELETE FROM cases_search WHERE rowid = old.case_id; END
"""

# A row is narrow, its words aside: an index scan passes over fifty thousand rows in milliseconds. The planner does not
# know what it costs to fetch the words, and would read the table; the functions keep it from that.
POSTGRESQL = """
ALTER TABLE cases_searchrow ADD COLUMN words tsvector NOT NULL DEFAULT '', SET (toast_tuple_target = 128);
ALTER TABLE cases_searchrow ALTER COLUMN words SET STORAGE EXTERNAL;
CREATE INDEX cases_searchrow_words ON cases_searchrow USING gin (words);
CREATE FUNCTION cases_found(asked tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE SET enable_seqscan = off
AS 'SELECT case_id FROM cases_searchrow WHERE words @@ asked';
CREATE FUNCTION cases_packed(asked tsquery) RETURNS bytea LANGUAGE sql STABLE SET enable_seqscan = off
AS 'SELECT string_agg(int8send(case_id), '''') FROM cases_searchrow WHERE words @@ asked'
"""

BACK = {
    "sqlite": "DROP TRIGGER cases_searchrow_gone;\nDROP TABLE cases_search",
    "postgresql": "DROP FUNCTION cases_found(tsquery);\nDROP FUNCTION cases_packed(tsquery)",  # all else: with the table
}


def make(apps, schema_editor):
    run({"sqlite": SQLITE, "postgresql": POSTGRESQL}, schema_editor)


def unmake(apps, schema_editor):
    run(BACK, schema_editor)


def run(statements, schema_editor):
    for statement in statements[schema_editor.connection.vendor].split(";\n"):
        schema_editor.execute(statement)


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
