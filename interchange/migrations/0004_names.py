"""What becomes of a row is its outcome; the cases that it may be already are its candidates."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interchange", "0003_what_was_loaded")]

    operations = [
        migrations.RemoveIndex(model_name="importrow", name="interchange_batch_i_6e26c3_idx"),
        migrations.RenameField(model_name="importrow", old_name="fate", new_name="outcome"),
        migrations.RenameField(model_name="importrow", old_name="likely", new_name="candidates"),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["batch", "outcome", "number"], name="interchange_batch_i_b6843a_idx"),
        ),
    ]
