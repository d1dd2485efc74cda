"""PostgreSQL keeps the words of a long text in order, since their positions do not fit into its vector."""

from django.db import migrations

FORWARDS = """
ALTER TABLE cases_searchrow ADD COLUMN stream text NOT NULL DEFAULT '';
CREATE INDEX cases_searchrow_long ON cases_searchrow USING gin (words) WHERE stream <> '';
CREATE FUNCTION cases_found_short(asked tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE SET enable_seqscan = off
AS 'SELECT case_id FROM cases_searchrow WHERE stream = '''' AND words @@ asked';
CREATE FUNCTION cases_found_long(asked tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE SET enable_seqscan = off
AS 'SELECT case_id FROM cases_searchrow WHERE stream <> '''' AND words @@ asked'
"""

BACKWARDS = """
DROP FUNCTION cases_found_short(tsquery);
DROP FUNCTION cases_found_long(tsquery);
ALTER TABLE cases_searchrow DROP COLUMN stream
"""


def forwards(apps, schema_editor):
    run(FORWARDS, schema_editor)


def backwards(apps, schema_editor):
    run(BACKWARDS, schema_editor)


def run(statements, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements.split(";\n"):
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_order_of_names")]

    operations = [migrations.RunPython(forwards, backwards)]
