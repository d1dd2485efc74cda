"""Groups are put in order by a key that both databases compare alike."""

import plaintext.columns
from django.db import migrations


from plaintext.collation import collate


def keep_keys(apps, schema_editor):
    for group in apps.get_model("annotations", "Group").objects.only("name").iterator():
        type(group).objects.filter(pk=group.pk).update(sort_key=collate(group.name))


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0005_names"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="group",
            options={"ordering": ["sort_key", "pk"]},
        ),
        migrations.AddField(
            model_name="group",
            name="sort_key",
            field=plaintext.columns.SortKeyField(default=b"", of="name"),
        ),
        migrations.RunPython(keep_keys, migrations.RunPython.noop, elidable=True),
    ]
