"""What is to become of a folder of catalogue files: read and validated whole, before anything is written.

`plan_load(folder)` looks at everything and changes nothing. Its plan holds every mistake of every file; or, without
any, what is to become of each record:

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

from cases import schema
from cases.models import Case, Passage, Place, State
from cases.record import convert
from cases.record.registers import Registers, slugs_under
from cases.schema import ABSENCE_COLUMNS, forms
from cases.serializers import CaseSerializer
from taxonomy.models import Alignment, Term, Vocabulary

from ..models import LoadedRecord
from .entries import (
    LOADED_MODELS,
    LoadEntry,
    LoadOutcome,
    LoadPlan,
    comparable_case,
    current_content,
    loaded_content,
    plain_record,
    same_content,
)
from .files import (
    QUOTED_SOURCE,
    FileMistake,
    YamlDocument,
    bare_passages,
    read_passages_csv,
    read_yaml,
    sha256_of,
)


def plan_load(folder: Path) -> LoadPlan:
    """Read and validate every file of `folder`, and say what is to become of its records."""
    plan = LoadPlan()
    for path in _sorted(folder / "vocabularies"):
        _plan_vocabulary(plan, read_yaml(path, f"vocabularies/{path.name}"))
    for register in ("sources", "organisations", "places"):
        _plan_register(plan, register, read_yaml(folder / f"{register}.yaml"))
    _set_outcomes(plan)
    _plan_cases(plan, folder)
    plan.mistakes.sort()
    return plan


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


# Vocabularies and registers ------------------------------------------------------------------------------------------


def _plan_vocabulary(plan: LoadPlan, document: YamlDocument) -> None:
    plan.mistakes.extend(document.mistakes)
    if not isinstance(document.data, dict):
        _expect(plan, document, "", "a vocabulary: a mapping with slug, label, definition and terms")
        return
    fields = {name: value for name, value in document.data.items() if name != "terms"}
    vocabulary = _thing(plan, document, "vocabularies", fields, "")
    if Path(document.name).stem != fields.get("slug"):
        plan.mistakes.append(document.mistake("slug", "Give the slug that the file is named after."))
    plan.entries.append(LoadEntry("vocabularies", vocabulary.slug, plain_record(vocabulary), vocabulary))
    _plan_terms(plan, document, vocabulary)


def _plan_terms(plan: LoadPlan, document: YamlDocument, vocabulary: Vocabulary) -> None:
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
        plan.entries.append(LoadEntry("terms", f"{vocabulary.slug}/{term.slug}", plain_record(term), term))


def _rows(
    plan: LoadPlan, document: YamlDocument, path: str, rows: Any, broader: dict[str, Any] | None = None
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


def _alignment(plan: LoadPlan, document: YamlDocument, row: Any, path: str) -> Alignment:
    fields = row if isinstance(row, dict) else {}
    alignment = Alignment(**{name: fields.get(name, "") for name in ("relation", "iri", "label")})
    _clean(plan, document, alignment, path, exclude={"term"})
    return alignment


def _plan_register(plan: LoadPlan, register: str, document: YamlDocument) -> None:
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
        plan.entries.append(LoadEntry(register, thing.slug, plain_record(thing), thing))


def _expect(plan: LoadPlan, document: YamlDocument, path: str, what: str) -> None:
    if not document.mistakes:
        plan.mistakes.append(document.mistake(path, f"Write {what}."))


def _thing(plan: LoadPlan, document: YamlDocument, register: str, row: Mapping[str, Any], path: str) -> Any:
    """Return a row as an unsaved object, having noted what is wrong with it."""
    model, names = LOADED_MODELS[register]
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


def _clean(plan: LoadPlan, document: YamlDocument, thing: Model, path: str, exclude: set[str]) -> None:
    try:
        thing.clean_fields(exclude=exclude)
        if isinstance(thing, Place):
            thing.validate_constraints()
    except ValidationError as error:
        for inner, what in convert.error_paths(error.message_dict):
            where = f"{path}.{inner}".strip(".")
            plan.mistakes.append(document.mistake(where, f"{what}{_allowed(thing, inner)}"))


def _allowed(thing: Model, name: str) -> str:
    """Return the words of which a field takes one, where there are few."""
    field = getattr(type(thing), name, None)
    choices = list(getattr(getattr(field, "field", None), "choices", None) or [])
    return f" It is one of: {', '.join(str(word) for word, _ in choices)}." if 0 < len(choices) < 20 else ""


# What stands ---------------------------------------------------------------------------------------------------------


Item = TypeVar("Item")
LOAD_BATCH_SIZE = 200  # slugs that are looked up together, and cases that are fetched together


@dataclass(frozen=True)
class StoredRecords:
    """What the database holds of some records, by (register, slug), and what was loaded before."""

    things: Mapping[tuple[str, str], Any]
    loaded: Mapping[tuple[str, str], dict[str, Any] | None]

    @classmethod
    def look(cls, register: str, slugs: Sequence[str]) -> StoredRecords:
        """Look up records of one register: only those that are named."""
        some = list(_batches([slug for slug in slugs if slug.isprintable()]))  # no database is asked for the others
        found = (thing for batch in some for thing in _stored(register, batch))
        before = (row for batch in some for row in LoadedRecord.objects.filter(register=register, slug__in=batch))
        return cls(
            {(register, _slug_of(thing)): thing for thing in found},
            {(register, row.slug): loaded_content(row) for row in before},
        )


def _batches(things: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(things), LOAD_BATCH_SIZE):
        yield things[start : start + LOAD_BATCH_SIZE]


def _stored(register: str, slugs: Sequence[str]) -> QuerySet[Any]:
    """Return the records of a register with some slugs, and maybe more; of a term it is “vocabulary/term”."""
    if register == "cases":
        return Case.objects.whole().filter(slug__in=slugs)
    if register == "terms":
        terms = Term.objects.select_related("vocabulary", "broader", "replaced_by__vocabulary")
        vocabularies, own = zip(*(slug.split("/", 1) for slug in slugs), strict=True)
        return terms.prefetch_related("alignments").filter(vocabulary__slug__in=set(vocabularies), slug__in=set(own))
    model, _ = LOADED_MODELS[register]
    return model._default_manager.filter(slug__in=slugs)


def _slug_of(thing: Any) -> str:
    return f"{thing.vocabulary.slug}/{thing.slug}" if isinstance(thing, Term) else str(thing.slug)


def _set_outcomes(plan: LoadPlan) -> None:
    """Decide on what cases may name. With a vocabulary or broader term that was deleted, so are its terms."""
    gone: set[int] = set()
    stored = {name: StoredRecords.look(name, [entry.slug for entry in plan.of(name)]) for name in LOADED_MODELS}
    for entry in plan.entries:
        _set_outcome(entry, stored[entry.register])
        above = (entry.thing.vocabulary, entry.thing.broader) if isinstance(entry.thing, Term) else ()
        if entry.outcome == LoadOutcome.CREATED and any(id(thing) in gone for thing in above):
            entry.outcome = LoadOutcome.GONE
        if entry.outcome == LoadOutcome.GONE:
            gone.add(id(entry.thing))


def _set_outcome(entry: LoadEntry, stored: StoredRecords) -> None:
    key = (entry.register, entry.slug)
    entry.now = stored.things.get(key)
    if entry.now is None:
        entry.outcome = LoadOutcome.GONE if key in stored.loaded else LoadOutcome.CREATED
    elif not same_content(stored.loaded.get(key), now := current_content(entry.now)):
        entry.outcome = LoadOutcome.KEPT
    else:
        entry.outcome = LoadOutcome.SAME if same_content(now, entry.wanted) else LoadOutcome.CHANGED


# Cases ---------------------------------------------------------------------------------------------------------------


def _plan_cases(plan: LoadPlan, folder: Path) -> None:
    where, mistakes = _passage_offsets(folder)
    plan.mistakes.extend(mistakes)
    brought = _brought(plan)
    left_out = {id(entry.thing) for entry in plan.entries if entry.outcome == LoadOutcome.GONE}
    for paths in _batches(_sorted(folder / "cases")):
        documents = [_document(path, where) for path in paths]
        said = [document.data for document in documents]
        stored = StoredRecords.look("cases", list(slugs_under(said, "slug")))
        registers = _registers(said, brought)
        for document in documents:
            entry = _case(plan, document, stored, registers)
            if entry:
                _set_outcome(entry, stored)
                plan.entries.append(entry)
                plan.mistakes.extend(_deleted_references(entry, left_out))


def _passage_offsets(folder: Path) -> tuple[dict[str, tuple[int, int]], list[FileMistake]]:
    """Return the offsets of the passages by their checksums."""
    path = folder / "passages.csv"
    try:
        return {row.sha256: (row.start, row.end) for row in read_passages_csv(path)}, []
    except FileNotFoundError:
        return {}, []
    except (KeyError, TypeError, ValueError) as error:
        return {}, [
            FileMistake(path.name, 1, "", f"Write it anew with manage.py place_passages; it cannot be read: {error}.")
        ]


def _document(path: Path, where: dict[str, tuple[int, int]]) -> YamlDocument:
    """Read the file of a case, and note what of it is wrong before anything is looked up."""
    document = read_yaml(path, f"cases/{path.name}")
    if isinstance(document.data, dict):
        _fill_later_dimensions(document.data)
        document.mistakes += [*_unplaced(document, where), *_missing_fields(document)]
    elif not document.mistakes:
        document.mistakes.append(document.mistake("", "Write a case: a mapping with slug, title, kind and so on."))
    return document


def _brought(plan: LoadPlan) -> dict[str, dict[str, Any]]:
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


def _case(plan: LoadPlan, document: YamlDocument, stored: StoredRecords, registers: Registers) -> LoadEntry | None:
    """Return a case of the files, or nothing where it has mistakes."""
    mistakes = [*document.mistakes]
    if isinstance(document.data, dict):
        now = stored.things.get(("cases", str(document.data.get("slug"))))
        serializer = CaseSerializer(now, data=document.data, context={"registers": registers})
        if not serializer.is_valid():
            mistakes += [document.mistake(path, what) for path, what in convert.error_paths(serializer.errors)]
    plan.mistakes.extend(mistakes)
    if mistakes:
        return None
    validated = serializer.validated_data
    return LoadEntry(
        "cases", validated["slug"], comparable_case(validated, State.PUBLISHED), validated, document=document
    )


def _unplaced(document: YamlDocument, where: dict[str, tuple[int, int]]) -> Iterator[FileMistake]:
    """Give each bare passage its source and offsets, and yield those that have none."""
    for path, holder, words in list(bare_passages(document)):
        start, end = where.get(sha256_of(words), (None, None))
        holder["passage"] = {"source": QUOTED_SOURCE, "exact": words, "start": start, "end": end}
        if start is None:
            yield document.mistake(path, "These words have no place in passages.csv; run manage.py place_passages.")


def _fill_later_dimensions(data: dict[str, Any]) -> None:
    """Call a dimension “not coded” that the catalogue got after the file was written, as stored records do."""
    absent = data.setdefault("absent", {})
    for name in ABSENCE_COLUMNS if isinstance(absent, dict) else ():
        if schema.NODES[name].since > forms.FIRST_FORM and name not in data:
            absent.setdefault(name, schema.NOT_CODED)


def _missing_fields(document: YamlDocument) -> Iterator[FileMistake]:
    """Yield what the files ask for beyond the catalogue's own rules."""
    data = document.data
    absent = data.get("absent")
    for name in ABSENCE_COLUMNS:
        if name not in data and not (isinstance(absent, dict) and name in absent):
            yield document.mistake(name, "Give it, or say under absent which kind of nothing it is.")
    if data.get("slug") != Path(document.name).stem:
        yield document.mistake("slug", "Give the slug that the file is named after.")


def _deleted_references(entry: LoadEntry, left_out: set[int]) -> Iterator[FileMistake]:
    """Yield what a case that is to be written names, although a person deleted it here."""
    for path, thing in _references(entry.thing, "") if entry.is_written else ():
        if id(thing) in left_out:
            what = f"“{thing.slug}” was deleted here by hand; enter it again, or leave it out."
            yield entry.document.mistake(path, what)


def _references(validated: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the terms and records that a matter names, with the path of each."""
    if isinstance(validated, Passage):
        yield f"{path}.source", validated.source
    elif isinstance(validated, Model):
        yield path, validated
    elif isinstance(validated, Mapping):
        for name, inner in validated.items():
            yield from _references(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(validated, list):
        for number, inner in enumerate(validated):
            yield from _references(inner, f"{path}[{number}]")
