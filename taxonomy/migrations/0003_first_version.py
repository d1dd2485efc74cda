from django.db import migrations


def begin(apps, schema_editor):
    """A codebook that stands already is at its first version."""
    Term = apps.get_model("taxonomy", "Term")
    CodebookChange = apps.get_model("taxonomy", "CodebookChange")
    if Term.objects.exists():
        CodebookChange.objects.create(
            number=1, kind="loaded", reason="The codebook as it stood when its history began."
        )
        Term.objects.update(version=1)


class Migration(migrations.Migration):
    dependencies = [("taxonomy", "0002_codebook_history")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
