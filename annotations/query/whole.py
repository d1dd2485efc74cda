"""Notes fetched whole, some hundred at a time: what several of them share is fetched once, and is one object.

It is for long files, in which most of the time would go into making the same case, author and term again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import Model, Prefetch, QuerySet

from accounts.models import User
from cases.models import Case, Revision
from taxonomy.codebook import Codebook
from taxonomy.models import Term

from ..models import Annotation, Code, Group, OtherName, Tag


def fetch_whole(keys: Sequence[int], codebook: Codebook) -> list[Annotation]:
    """Return the notes with these keys, in their order, with all that is printed of them but the narratives."""
    found = Annotation.objects.prefetch_related(*_shared()).in_bulk(keys)
    notes = [found[key] for key in keys if key in found]
    held = {"tags": (Tag, _tags(keys)), "codes": (Term, _codes(keys, codebook)), "names": (OtherName, _names(keys))}
    for note in notes:
        lists = {name: _evaluated(model, rows.get(note.pk, [])) for name, (model, rows) in held.items()}
        vars(note)["_prefetched_objects_cache"] = lists  # from which the related managers read
    return notes


def _evaluated(model: type[Model], rows: list[Model]) -> QuerySet[Model]:
    """A queryset that has been read already."""
    made: QuerySet[Model] = QuerySet(model)
    made._result_cache = rows  # noqa: SLF001 - as prefetching does it
    return made


def _shared() -> Iterator[Prefetch[str]]:
    yield Prefetch("case", Case.objects.only("slug", "title", "state", "created_at", "updated_at"))
    yield Prefetch("author", User.objects.only("username", "name", "orcid"))
    yield Prefetch("group", Group.objects.only("uid", "name"))
    yield Prefetch("revision", Revision.objects.only("number", "shown", "created_at"))
    yield Prefetch("parent", Annotation.objects.only("uid"))
    yield Prefetch("thread", Annotation.objects.only("uid", "resolved_at"))


Lists = dict[int, list[Model]]
"""By key of a note."""


def _tags(keys: Sequence[int]) -> Lists:
    lists: Lists = defaultdict(list)
    rows = Tag.objects.filter(annotation__in=keys).order_by("label").values_list("annotation_id", "label")
    for note, label in rows:
        lists[note].append(Tag(annotation_id=note, label=label))
    return lists


def _codes(keys: Sequence[int], codebook: Codebook) -> Lists:
    lists: Lists = defaultdict(list)
    order = ("term__vocabulary__order", "term__order", "term__slug")
    rows = list(Code.objects.filter(annotation__in=keys).order_by(*order).values_list("annotation_id", "term_id"))
    replaced = {term for _, term in rows} - codebook.by_id.keys()
    terms = {**codebook.by_id, **Term.objects.select_related("vocabulary").in_bulk(replaced)}
    for note, term in rows:
        lists[note].append(terms[term])
    return lists


def _names(keys: Sequence[int]) -> Lists:
    lists: Lists = defaultdict(list)
    for name in OtherName.objects.filter(annotation__in=keys):
        lists[name.annotation_id].append(name)
    return lists
