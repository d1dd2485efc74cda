"""Notes keep their words where a narrative is read otherwise: a number that begins a paragraph stands in its text now.

Tags of before are composed (NFC), so that one that is asked for is found in whatever form it was kept.
"""

import re
import unicodedata

import nh3
from django.db import migrations
from markdown_it import MarkdownIt

from annotations.anchoring.selectors import Quotation, TextChange, TextSpan
from cases import markdown

NUMBERED = re.compile(r"(?m)^[\s>*+-]*\d+[.)](\s|$)")
FORMER_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def former_text(narrative):
    """The text of a narrative as it was read before."""
    html = FORMER_PARSER.render(narrative.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))
    return markdown.html_text_content(nh3.clean(html, tags=markdown.SAFE_TAGS))


def change_of(narrative):
    """How the text of a narrative is read otherwise; None if it is not."""
    before, after = former_text(narrative), markdown.narrative_text(narrative)
    return TextChange(before, after) if before != after else None


def follow_numbers(apps, schema_editor):
    """Follow the notes on each narrative with such a number, one case after the other."""
    annotations = apps.get_model("annotations", "Annotation")
    quoting = annotations.objects.exclude(exact="").order_by()
    for case in (
        apps.get_model("cases", "Case").objects.filter(pk__in=quoting.values("case")).only("narrative").iterator()
    ):
        if NUMBERED.search(case.narrative) and (change := change_of(case.narrative)):
            for note in quoting.filter(case=case).exclude(start=None):
                anchored = change.follow(
                    Quotation(note.exact, note.prefix, note.suffix), TextSpan(note.start, note.end)
                )
                start, end = anchored.span or (None, None)
                placement = note.placement if anchored.state == "placed" else str(anchored.state)
                annotations.objects.filter(pk=note.pk).update(start=start, end=end, placement=placement)
    revisions = apps.get_model("cases", "Revision").objects.filter(pk__in=quoting.values("revision"))
    for revision in revisions.only("narrative").iterator():
        if NUMBERED.search(revision.narrative) and (change := change_of(revision.narrative)):
            for note in quoting.filter(revision=revision).exclude(quoted_at=None):
                at = TextSpan(note.quoted_at, note.quoted_at + len(note.exact))
                found = change.follow(Quotation(note.exact, note.prefix, note.suffix), at).span
                annotations.objects.filter(pk=note.pk).update(quoted_at=found.start if found else note.quoted_at)


def compose_tags(apps, schema_editor):
    tags = apps.get_model("annotations", "Tag").objects
    for tag in tags.order_by("pk").iterator():
        composed = unicodedata.normalize("NFC", tag.label)
        if composed != tag.label:
            if tags.filter(annotation_id=tag.annotation_id, label=composed).exists():
                tag.delete()
            else:
                tags.filter(pk=tag.pk).update(label=composed)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0006_order_of_names"), ("cases", "0014_order_of_names")]

    operations = [
        migrations.RunPython(follow_numbers, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(compose_tags, migrations.RunPython.noop, elidable=True),
    ]
