"""What is to become of a folder of catalogue files: read and validated whole, before anything is written.

`planned(folder)` looks at everything and changes nothing. Its plan holds every mistake of every file; or, without any,
what is to become of each record:

    in the files   in the database            the catalogue's last load    then
    yes            no                         never brought it             created
    yes            no                         brought it                   left deleted
    yes            as it was loaded, differs  brought it                   changed
    yes            as it was loaded, agrees   brought it                   the same
    yes            otherwise                  whatever                     kept as edited
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from cases import records
from cases.models import Case, Passage, Place, State
from cases.records import DIMENSIONS, Registers
from cases.serializers import CaseSerializer
from taxonomy.models import Alignment, Term, Vocabulary

from .catalogue import QUOTED, Document, Mistake, placed, quotations, read, sha256
from .models import LoadedRecord
from .records import MODELS, Entry, Fate, Plan, alike, remembered, said, stands, whole


def planned(folder: Path) -> Plan:
    """Read and validate every file of `folder`, and say what is to become of its records."""
    plan = Plan()
    for path in _sorted(folder / "vocabularies"):
        _plan_vocabulary(plan, read(path, f"vocabularies/{path.name}"))
    for register in ("sources", "organisations", "places"):
        _plan_register(plan, register, read(folder / f"{register}.yaml"))
    _decide_all(plan)
    _plan_cases(plan, folder)
    plan.mistakes.sort()
    return plan


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


# Vocabularies and registers ------------------------------------------------------------------------------------------


def _plan_vocabulary(plan: Plan, document: Document) -> None:
    plan.mistakes.extend(document.mistakes)
    if not isinstance(document.data, dict):
        _expect(plan, document, "", "a vocabulary: a mapping with slug, label, definition and terms")
        return
    fields = {name: value for name, value in document.data.items() if name != "terms"}
    vocabulary = _thing(plan, document, "vocabularies", fields, "")
    if Path(document.name).stem != fields.get("slug"):
        plan.mistakes.append(document.mistake("slug", "Give the slug that the file is named after."))
    plan.entries.append(Entry("vocabularies", vocabulary.slug, said(vocabulary), vocabulary))
    _plan_terms(plan, document, vocabulary)


def _plan_terms(plan: Plan, document: Document, vocabulary: Vocabulary) -> None:
    """Plan the terms in reading order, each broader one before its narrower ones."""
    for order, (path, row, broader) in enumerate(_rows(plan, document, "terms", document.data.get("terms"))):
        fields = {name: value for name, value in row.items() if name not in {"narrower", "aligned"}}
        term = _thing(plan, document, "terms", fields | {"order": str(order)}, path)
        term.vocabulary, term.broader = vocabulary, broader.get("term")
        row["term"] = term
        term.aligned = [
            _alignment(plan, document, each, f"{path}.aligned[{number}]")
            for number, each in enumerate(row.get("aligned", []))
        ]
        plan.entries.append(Entry("terms", f"{vocabulary.slug}/{term.slug}", said(term), term))


def _rows(
    plan: Plan, document: Document, path: str, rows: Any, broader: dict[str, Any] | None = None
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield (path, row, row of the broader term) for each term, however deep."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _expect(plan, document, path, "a list of terms, each a mapping")
        return
    for number, row in enumerate(rows):
        here = f"{path}[{number}]"
        yield here, row, broader or {}
        if "narrower" in row:
            yield from _rows(plan, document, f"{here}.narrower", row["narrower"], row)


def _alignment(plan: Plan, document: Document, row: Any, path: str) -> Alignment:
    fields = row if isinstance(row, dict) else {}
    alignment = Alignment(**{name: fields.get(name, "") for name in ("relation", "iri", "label")})
    _clean(plan, document, alignment, path, exclude={"term"})
    return alignment


def _plan_register(plan: Plan, register: str, document: Document) -> None:
    plan.mistakes.extend(document.mistakes)
    rows = document.data or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _expect(plan, document, "", f"a list of {register}, each a mapping")
        return
    seen: set[str] = set()
    for number, row in enumerate(rows):
        thing = _thing(plan, document, register, row, f"[{number}]")
        if thing.slug in seen:
            plan.mistakes.append(document.mistake(f"[{number}].slug", f"“{thing.slug}” stands here twice; keep one."))
        seen.add(thing.slug)
        plan.entries.append(Entry(register, thing.slug, said(thing), thing))


def _expect(plan: Plan, document: Document, path: str, what: str) -> None:
    if not document.mistakes:
        plan.mistakes.append(document.mistake(path, f"Write {what}."))


def _thing(plan: Plan, document: Document, register: str, row: Mapping[str, Any], path: str) -> Any:
    """Return a row as an unsaved object, having noted what is wrong with it."""
    model, names = MODELS[register]
    for name in row:
        if name not in names:
            what = f"There is no such field; there are: {', '.join(names)}."
            plan.mistakes.append(document.mistake(f"{path}.{name}".lstrip("."), what))
    for name, value in row.items():
        if not isinstance(value, str):
            plan.mistakes.append(document.mistake(f"{path}.{name}".lstrip("."), "Write a text here."))
    thing = model(**{name: row[name] for name in names if isinstance(row.get(name), str)})
    _clean(plan, document, thing, path, exclude={"vocabulary", "broader"})
    return thing


def _clean(plan: Plan, document: Document, thing: Model, path: str, exclude: set[str]) -> None:
    try:
        thing.clean_fields(exclude=exclude)
        if isinstance(thing, Place):
            thing.validate_constraints()
    except ValidationError as error:
        for inner, what in records.paths_of(error.message_dict):
            where = f"{path}.{inner}".strip(".")
            plan.mistakes.append(document.mistake(where, f"{what}{_allowed(thing, inner)}"))


def _allowed(thing: Model, name: str) -> str:
    """Return the words of which a field takes one, where there are few."""
    field = getattr(type(thing), name, None)
    choices = list(getattr(getattr(field, "field", None), "choices", None) or [])
    return f" It is one of: {', '.join(str(word) for word, _ in choices)}." if 0 < len(choices) < 20 else ""


# What stands ---------------------------------------------------------------------------------------------------------


Found = TypeVar("Found")
BATCH = 200  # slugs that are looked up together, and cases that are fetched together


@dataclass(frozen=True)
class Standing:
    """What the database holds of some records, by (register, slug), and what was loaded before."""

    things: Mapping[tuple[str, str], Any]
    loaded: Mapping[tuple[str, str], dict[str, Any] | None]

    @classmethod
    def look(cls, register: str, slugs: Sequence[str]) -> Standing:
        """Look up records of one register: only those that are named."""
        some = list(_batches([slug for slug in slugs if slug.isprintable()]))  # no database is asked for the others
        found = (thing for batch in some for thing in _standing(register, batch))
        before = (row for batch in some for row in LoadedRecord.objects.filter(register=register, slug__in=batch))
        return cls(
            {(register, _slug_of(thing)): thing for thing in found},
            {(register, row.slug): remembered(row) for row in before},
        )


def _batches(things: Sequence[Found]) -> Iterator[Sequence[Found]]:
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]


def _standing(register: str, slugs: Sequence[str]) -> QuerySet[Any]:
    """Return the records of a register with some slugs, and maybe more; of a term it is “vocabulary/term”."""
    if register == "cases":
        return Case.objects.whole().filter(slug__in=slugs)
    if register == "terms":
        terms = Term.objects.select_related("vocabulary", "broader", "replaced_by__vocabulary")
        vocabularies, own = zip(*(slug.split("/", 1) for slug in slugs), strict=True)
        return terms.prefetch_related("alignments").filter(vocabulary__slug__in=set(vocabularies), slug__in=set(own))
    model, _ = MODELS[register]
    return model._default_manager.filter(slug__in=slugs)


def _slug_of(thing: Any) -> str:
    return f"{thing.vocabulary.slug}/{thing.slug}" if isinstance(thing, Term) else str(thing.slug)


def _decide_all(plan: Plan) -> None:
    """Decide on what cases may name. With a vocabulary or broader term that was deleted, so are its terms."""
    gone: set[int] = set()
    standing = {name: Standing.look(name, [entry.slug for entry in plan.of(name)]) for name in MODELS}
    for entry in plan.entries:
        _decide(entry, standing[entry.register])
        above = (entry.thing.vocabulary, entry.thing.broader) if isinstance(entry.thing, Term) else ()
        if entry.fate == Fate.CREATED and any(id(thing) in gone for thing in above):
            entry.fate = Fate.GONE
        if entry.fate == Fate.GONE:
            gone.add(id(entry.thing))


def _decide(entry: Entry, standing: Standing) -> None:
    key = (entry.register, entry.slug)
    entry.now = standing.things.get(key)
    if entry.now is None:
        entry.fate = Fate.GONE if key in standing.loaded else Fate.CREATED
    elif not alike(standing.loaded.get(key), now := stands(entry.now)):
        entry.fate = Fate.KEPT
    else:
        entry.fate = Fate.SAME if alike(now, entry.wanted) else Fate.CHANGED


# Cases ---------------------------------------------------------------------------------------------------------------


def _plan_cases(plan: Plan, folder: Path) -> None:
    where, mistakes = _placed(folder)
    plan.mistakes.extend(mistakes)
    brought = _brought(plan)
    left_out = {id(entry.thing) for entry in plan.entries if entry.fate == Fate.GONE}
    for paths in _batches(_sorted(folder / "cases")):
        documents = [_document(path, where) for path in paths]
        said = [document.data for document in documents]
        standing = Standing.look("cases", list(records.words_under(said, "slug")))
        registers = _registers(said, brought)
        for document in documents:
            entry = _case(plan, document, standing, registers)
            if entry:
                _decide(entry, standing)
                plan.entries.append(entry)
                plan.mistakes.extend(_deleted(entry, left_out))


def _placed(folder: Path) -> tuple[dict[str, tuple[int, int]], list[Mistake]]:
    """Return the offsets of the passages by their checksums."""
    path = folder / "passages.csv"
    try:
        return {row.sha256: (row.start, row.end) for row in placed(path)}, []
    except FileNotFoundError:
        return {}, []
    except (KeyError, TypeError, ValueError) as error:
        return {}, [
            Mistake(path.name, 1, "", f"Write it anew with manage.py place_passages; it cannot be read: {error}.")
        ]


def _document(path: Path, where: dict[str, tuple[int, int]]) -> Document:
    """Read the file of a case, and note what of it is wrong before anything is looked up."""
    document = read(path, f"cases/{path.name}")
    if isinstance(document.data, dict):
        document.mistakes += [*_unplaced(document, where), *_unsaid(document)]
    elif not document.mistakes:
        document.mistakes.append(document.mistake("", "Write a case: a mapping with slug, title, kind and so on."))
    return document


def _brought(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return what the files let cases name, by register or vocabulary: what stands of it, or what is to be entered."""
    things: dict[str, dict[str, Any]] = {}
    for entry in plan.entries:
        thing = entry.now or entry.thing
        register = thing.vocabulary.slug if entry.register == "terms" else entry.register
        things.setdefault(register, {})[thing.slug] = thing
    return things


def _registers(said: list[Any], brought: Mapping[str, Mapping[str, Any]]) -> Registers:
    """Return what some cases may name: what stands of what they do name, and what the files bring."""
    registers = Registers.named_in(said)
    for register, things in brought.items():
        registers.things[register] = registers.things.get(register, {}) | dict(things)
    return registers


def _case(plan: Plan, document: Document, standing: Standing, registers: Registers) -> Entry | None:
    """Return a case of the files, or nothing where it has mistakes."""
    mistakes = [*document.mistakes]
    if isinstance(document.data, dict):
        now = standing.things.get(("cases", str(document.data.get("slug"))))
        serializer = CaseSerializer(now, data=document.data, context={"registers": registers})
        if not serializer.is_valid():
            mistakes += [document.mistake(path, what) for path, what in records.paths_of(serializer.errors)]
    plan.mistakes.extend(mistakes)
    if mistakes:
        return None
    matter = serializer.validated_data
    return Entry("cases", matter["slug"], whole(matter, State.PUBLISHED), matter, document=document)


def _unplaced(document: Document, where: dict[str, tuple[int, int]]) -> Iterator[Mistake]:
    """Give each bare passage its source and offsets, and yield those that have none."""
    for path, holder, words in list(quotations(document)):
        start, end = where.get(sha256(words), (None, None))
        holder["passage"] = {"source": QUOTED, "exact": words, "start": start, "end": end}
        if start is None:
            yield document.mistake(path, "These words have no place in passages.csv; run manage.py place_passages.")


def _unsaid(document: Document) -> Iterator[Mistake]:
    """Yield what the files ask for beyond the catalogue's own rules."""
    data = document.data
    absent = data.get("absent")
    for name in DIMENSIONS:
        if name not in data and not (isinstance(absent, dict) and name in absent):
            yield document.mistake(name, "Give it, or say under absent which kind of nothing it is.")
    if data.get("slug") != Path(document.name).stem:
        yield document.mistake("slug", "Give the slug that the file is named after.")


def _deleted(entry: Entry, left_out: set[int]) -> Iterator[Mistake]:
    """Yield what a case that is to be written names, although a person deleted it here."""
    for path, thing in _things(entry.thing, "") if entry.is_written else ():
        if id(thing) in left_out:
            what = f"“{thing.slug}” was deleted here by hand; enter it again, or leave it out."
            yield entry.document.mistake(path, what)


def _things(matter: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the terms and records that a matter names, with the path of each."""
    if isinstance(matter, Passage):
        yield f"{path}.source", matter.source
    elif isinstance(matter, Model):
        yield path, matter
    elif isinstance(matter, Mapping):
        for name, inner in matter.items():
            yield from _things(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(matter, list):
        for number, inner in enumerate(matter):
            yield from _things(inner, f"{path}[{number}]")
