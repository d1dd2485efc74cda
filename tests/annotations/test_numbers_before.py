"""Notes from before keep their words where a number that was a list's is part of the text now."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps

from annotations.models import Annotation, Tag
from cases.markdown import narrative_text
from cases.models import Case
from tests.factories import make_case, make_user

from .notes import make_note

pytestmark = pytest.mark.django_db

STORY = "First.\n\n2014. It began with ten people.\n\n1. Then it grew.\n\n> 2016) And stayed."


def test_offsets_of_before_are_moved_with_the_numbers() -> None:
    migration = importlib.import_module("annotations.migrations.0007_numbers_at_the_beginning")
    case, ann = make_case(narrative=STORY), make_user("ann")
    texts = migration.former_text(STORY), narrative_text(STORY)
    words = ["First", "ten people", "it grew", "stayed", "people.\nThen", "people.\n\nThen"]
    for exact in (each for each in words if each in texts[0] and each in texts[1]):
        note = make_note(case, ann, exact)
        start = texts[0].index(exact)
        at = {"start": start, "end": start + len(exact), "quoted_at": start}
        Annotation.objects.filter(pk=note.pk).update(**at)  # as it stood before
    migration.follow_numbers(apps, None)
    for note in Annotation.objects.all():
        assert note.placement == "placed"
        assert texts[1][note.start : note.end] == note.exact
        assert note.quoted_at == note.start
    assert Annotation.objects.count() >= 4
    assert Case.objects.get().narrative == STORY


def test_tags_of_before_are_composed_once() -> None:
    migration = importlib.import_module("annotations.migrations.0007_numbers_at_the_beginning")
    note = make_note(make_case(), make_user("ann"), "", "x", tags=["Café"])
    Tag.objects.bulk_create(Tag(annotation=note, label=label) for label in ("Cafe\u0301", "Zu\u0308rich"))
    migration.compose_tags(apps, None)
    assert sorted(Tag.objects.values_list("label", flat=True)) == ["Café", "Zürich"]
