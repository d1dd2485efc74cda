"""What a note says as a Web Annotation beyond our own fields, and when a wording was written."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_squashed_0004_what_must_hold")]

    operations = [
        migrations.RenameField(model_name="annotation", old_name="said_elsewhere", new_name="w3c_extra"),
        migrations.RenameField(model_name="wording", old_name="said_at", new_name="written_at"),
    ]
