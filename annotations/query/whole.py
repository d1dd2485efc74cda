"""Notes fetched whole, some hundred at a time: what several of them share is fetched once, and is one object.

It is for long files, in which most of the time would go into making the same case, author and term again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import User
from cases.models import Case, Revision
from taxonomy.codebook import Codebook
from taxonomy.models import Term

from ..models import Annotation, Code, Group, OtherName, Tag


def fetch_whole(keys: Sequence[int], codebook: Codebook) -> list[Annotation]:
    """Return the notes with these keys, in their order, with all that is printed of them but the narratives."""
    found = Annotation.objects.in_bulk(keys)
    notes = [found[key] for key in keys if key in found]
    for name, things in SHARED.items():
        _attach(notes, name, things)
    tags = {note: [Tag(annotation_id=note, label=label) for label in labels] for note, labels in tags_of(keys).items()}
    held: dict[str, tuple[type[Model], Mapping[int, list[Any]]]] = {
        "tags": (Tag, tags),
        "codes": (Term, codes_of(keys, codebook)),
        "names": (OtherName, _names(keys)),
    }
    none = {name: _evaluated(model, []) for name, (model, _) in held.items()}
    for note in notes:
        lists = {
            name: _evaluated(model, rows[note.pk]) if note.pk in rows else none[name]
            for name, (model, rows) in held.items()
        }
        vars(note)["_prefetched_objects_cache"] = lists  # from which the related managers read
    return notes


def _evaluated(model: type[Model], rows: list[Any]) -> QuerySet[Model]:
    """A queryset that has been read already."""
    made: QuerySet[Model] = QuerySet(model)
    made._result_cache = rows  # noqa: SLF001 - as prefetching does it
    return made


SHARED: Mapping[str, QuerySet[Any]] = {
    "case": Case.objects.only("slug", "title", "state", "created_at", "updated_at"),
    "author": User.objects.only("username", "name", "orcid"),
    "group": Group.objects.only("uid", "name"),
    "revision": Revision.objects.only("number", "shown", "created_at"),
    "parent": Annotation.objects.only("uid"),
    "thread": Annotation.objects.only("uid", "resolved_at"),
}
"""What notes refer to, by the name of the key."""


def _attach(notes: Sequence[Annotation], name: str, things: QuerySet[Any]) -> None:
    """Fetch what notes refer to by a key: as prefetching does, but without its long statements."""
    keys = {key for note in notes if (key := getattr(note, f"{name}_id"))}
    found = things.in_bulk(keys) if keys else {}
    for note in notes:
        note._state.fields_cache[name] = found.get(getattr(note, f"{name}_id"))


def tags_of(keys: Sequence[int]) -> dict[int, list[str]]:
    """The labels of the tags of each note that has some, by its key."""
    labels: dict[int, list[str]] = defaultdict(list)
    rows = Tag.objects.filter(annotation__in=keys).order_by("label").values_list("annotation_id", "label")
    for note, label in rows:
        labels[note].append(label)
    return labels


def codes_of(keys: Sequence[int], codebook: Codebook) -> dict[int, list[Term]]:
    """The codes of each note that has some, by its key, in the order of the codebook."""
    codes: dict[int, list[Term]] = defaultdict(list)
    order = ("term__vocabulary__order", "term__order", "term__slug")
    rows = list(Code.objects.filter(annotation__in=keys).order_by(*order).values_list("annotation_id", "term_id"))
    replaced = {term for _, term in rows} - codebook.by_id.keys()
    others = Term.objects.select_related("vocabulary").in_bulk(replaced) if replaced else {}
    for note, term in rows:
        codes[note].append(codebook.by_id.get(term) or others[term])
    return codes


def _names(keys: Sequence[int]) -> dict[int, list[OtherName]]:
    names: dict[int, list[OtherName]] = defaultdict(list)
    for name in OtherName.objects.filter(annotation__in=keys):
        names[name.annotation_id].append(name)
    return names
