"""Cases and registers are put in order by a key that both databases compare alike."""

import plaintext.columns
from django.conf import settings
from django.db import migrations, models


from plaintext.collation import collate

BATCH_SIZE = 2_000


def keep_keys(apps, schema_editor):
    """Fill the keys of a table batch by batch, past the ORM: a hundred thousand rows in some seconds."""
    columns = {"Case": "title", "Source": "authors", "Organisation": "name", "Place": "name"}
    for model, column in columns.items():
        fill(apps.get_model("cases", model), column, schema_editor.connection)


def fill(model, column, connection):
    last, table = 0, model._meta.db_table
    while rows := model.objects.order_by("pk").filter(pk__gt=last).values_list("pk", column)[:BATCH_SIZE]:
        keys = [(connection.Database.Binary(collate(text)), key) for key, text in rows]
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET sort_key = %s WHERE id = %s", keys)
        last = keys[-1][1]


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0013_slugs_in_any_case"),
        ("taxonomy", "0001_squashed_0003_first_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="case",
            options={"ordering": ["sort_key", "slug"]},
        ),
        migrations.AlterModelOptions(
            name="organisation",
            options={"ordering": ["sort_key", "slug"]},
        ),
        migrations.AlterModelOptions(
            name="participation",
            options={"ordering": ["part__order", "organisation__sort_key"]},
        ),
        migrations.AlterModelOptions(
            name="place",
            options={"ordering": ["sort_key", "slug"]},
        ),
        migrations.AlterModelOptions(
            name="recoding",
            options={
                "ordering": ["change", "case__sort_key", "pk"],
                "verbose_name": "case to code anew",
                "verbose_name_plural": "cases to code anew",
            },
        ),
        migrations.AlterModelOptions(
            name="source",
            options={"ordering": ["sort_key", "year", "slug"]},
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="cases_case_state_734cf3_idx",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_read_alone",
        ),
        migrations.AddField(
            model_name="case",
            name="sort_key",
            field=plaintext.columns.SortKeyField(default=b"", of="title"),
        ),
        migrations.AddField(
            model_name="organisation",
            name="sort_key",
            field=plaintext.columns.SortKeyField(default=b"", of="name"),
        ),
        migrations.AddField(
            model_name="place",
            name="sort_key",
            field=plaintext.columns.SortKeyField(default=b"", of="name"),
        ),
        migrations.AddField(
            model_name="source",
            name="sort_key",
            field=plaintext.columns.SortKeyField(default=b"", of="authors"),
        ),
        migrations.RunPython(keep_keys, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["state", "sort_key", "slug"], name="cases_case_state_c600a6_idx"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=[
                    "sort_key",
                    "slug",
                    "title",
                    "state",
                    "kind",
                    "verdict",
                    "year_start",
                    "year_end",
                    "ongoing",
                    "updated_at",
                    "evidence_level",
                    "evidence_direction",
                    "evidence_absent",
                    "arrangements_absent",
                    "pathways_absent",
                    "sectors_absent",
                    "places_absent",
                ],
                name="case_read_alone",
            ),
        ),
    ]
