"""Give each note what it needs to last: a name, the revision that it quotes, and its place in it."""

from datetime import timedelta

from django.db import migrations

from annotations.models import new_uid
from annotations.selectors import Quotation, places
from cases.markdown import render, text_of


def settle(apps, schema_editor):
    Annotation = apps.get_model("annotations", "Annotation")
    Revision = apps.get_model("cases", "Revision")
    for case in apps.get_model("cases", "Case").objects.filter(annotations__isnull=False).distinct():
        text = text_of(render(case.narrative))
        revision, _ = Revision.objects.get_or_create(
            case=case, number=1, defaults={"narrative": case.narrative, "shown": case.state == "published"}
        )
        for note in Annotation.objects.filter(case=case):
            place(note, text)
            note.revision, note.uid = revision, new_uid()
            note.edited_at = note.updated_at if note.updated_at - note.created_at > timedelta(seconds=1) else None
            updated_at = note.updated_at
            note.save()
            Annotation.objects.filter(pk=note.pk).update(updated_at=updated_at)


def place(note, text):
    if text[note.start : note.end] == note.exact:
        note.placement, note.quoted_at = "placed", note.start
        return
    found = places(text, Quotation(note.exact, note.prefix, note.suffix))
    note.placement = "moved" if len(found) == 1 else "orphaned"
    note.start, note.end = found[0] if len(found) == 1 else (None, None)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0002_notes_that_last")]
    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
