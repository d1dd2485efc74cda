"""The identity of the sources, organisations and places that stand already."""

from django.db import migrations

from cases.models.identity import identity_of

BATCH_SIZE = 1_000
MODELS = {"Source": "sources", "Organisation": "organisations", "Place": "places"}


def derive(apps, schema_editor):
    for model, register in MODELS.items():
        columns = ["identity", "likeness", *(["doi_key", "url_key"] if register == "sources" else [])]
        things = apps.get_model("cases", model)._base_manager.using(schema_editor.connection.alias).order_by("pk")
        last = 0
        while batch := list(things.filter(pk__gt=last)[:BATCH_SIZE]):
            for thing in batch:
                identity = identity_of(register, vars(thing))
                thing.identity, thing.likeness = identity.key, identity.likeness
                thing.doi_key, thing.url_key = identity.doi_key, identity.url_key
            things.bulk_create(batch, update_conflicts=True, unique_fields=["id"], update_fields=columns)
            last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_identity")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
