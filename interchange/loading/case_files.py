"""The cases of the catalogue's own files: read, validated, and compared with what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db.models import Model

from cases import schema
from cases.models import Case, Passage, State
from cases.record import convert
from cases.record.recoding import newly_coded_retired_terms
from cases.record.registers import Registers, slugs_under
from cases.schema import ABSENCE_COLUMNS, forms
from cases.serializers import CaseSerializer
from cases.serializers.fields import FieldErrors
from taxonomy.slugs import slug_mistake

from .editions import Edition
from .entries import LoadEntry, LoadOutcome, LoadPlan, comparable_case
from .files import QUOTED_SOURCE, FileMistake, YamlDocument, bare_passages, read_passages_csv, read_yaml, sha256_of
from .merging import plan_merged_cases
from .proposing import has_to_be_proposed
from .stored import StoredRecords, in_batches


def plan_cases(plan: LoadPlan) -> None:
    folder = plan.edition.folder
    offsets, mistakes = _passage_offsets(folder)
    plan.mistakes.extend(mistakes)
    planner = _CasePlanner(plan)
    for paths in in_batches(sorted((folder / "cases").glob("*.yaml"))):
        planner.plan([_document(path, offsets, plan.edition) for path in paths])
    plan_merged_cases(plan)


def read_cases(plan: LoadPlan) -> dict[str, dict[str, Any]]:
    """What the files of an edition say of each case, as primitive records by slug; nothing stored is looked at."""
    folder, found = plan.edition.folder, {}
    offsets, mistakes = _passage_offsets(folder)
    plan.mistakes.extend(mistakes)
    registers = Registers(_things_by_register(plan, lambda entry: entry.thing), closed=True)
    for path in sorted((folder / "cases").glob("*.yaml")):
        document = _document(path, offsets, plan.edition)
        serializer = _validated(document, registers)
        mistaken = [document.mistake(path, what) for path, what in convert.error_paths(serializer.errors)]
        plan.mistakes.extend([*document.mistakes, *mistaken])
        if not (document.mistakes or mistaken):
            found[document.data["slug"]] = convert.to_primitive(serializer.validated_data)
    return found


class _CasePlanner:
    """Plans the cases of the files, each validated against the catalogue as it will be."""

    def __init__(self, plan: LoadPlan) -> None:
        self.load = plan
        self.brought = _things_by_register(plan, lambda entry: entry.now or entry.thing)
        self.in_files = Registers(_things_by_register(plan, lambda entry: entry.thing), closed=True)
        self.missing = {id(entry.thing): entry for entry in plan.entries if not entry.has_row}

    def plan(self, documents: Sequence[YamlDocument]) -> None:
        records = [document.data for document in documents]
        stored = StoredRecords.look("cases", list(slugs_under(records, "slug")))
        registers = self._registers(records)
        for document in documents:
            self.load.mistakes.extend(document.mistakes)
            if isinstance(document.data, dict):
                self._plan_case(document, stored, registers)

    def _registers(self, records: list[Any]) -> Registers:
        """What some cases may name: what is stored of what they do name, and what the files bring."""
        registers = Registers.named_in(records)
        for register, things in self.brought.items():
            registers.things[register] = registers.things.get(register, {}) | things
        return registers

    def _plan_case(self, document: YamlDocument, stored: StoredRecords, registers: Registers) -> None:
        serializer = _validated(document, registers)
        mistakes = [document.mistake(path, what) for path, what in convert.error_paths(serializer.errors)]
        if mistakes and not _validated(document, self.in_files).is_valid():
            self.load.mistakes.extend(mistakes)
        elif not document.mistakes:
            entry = _entry(document, {} if mistakes else serializer.validated_data)
            stored.set_outcome(entry)
            self.load.entries.append(entry)
            if self.load.is_due(entry) and not mistakes and has_to_be_proposed(entry):
                entry.outcome = LoadOutcome.PROPOSED
            if entry.is_written or entry.outcome == LoadOutcome.PROPOSED:
                self._leave_out(entry, mistakes or list(self._hindrances(entry)))

    def _leave_out(self, entry: LoadEntry, hindrances: Sequence[FileMistake]) -> None:
        if hindrances:
            entry.outcome = LoadOutcome.LEFT_OUT
            self.load.notes.extend(hindrances)

    def _hindrances(self, entry: LoadEntry) -> Iterator[FileMistake]:
        """What a case that is to be written names, although people deleted or retired it here."""
        for path, thing in _references(entry.thing, ""):
            if absent := self.missing.get(id(thing)):
                yield entry.document.mistake(path, _absence(absent))
        case = entry.now or Case(pk=0)  # no case has the key 0: a new case had no term before
        for path, what in newly_coded_retired_terms(case, entry.thing).items():
            yield entry.document.mistake(path, what)


class _LoadedCaseSerializer(CaseSerializer):
    """Reads a case of the files. An address that is taken here is no mistake of theirs: the outcome tells."""

    def _address(self, value: Mapping[str, Any]) -> FieldErrors:
        if mistake := slug_mistake(value.get("slug", "")):
            yield "slug", mistake


def _validated(document: YamlDocument, registers: Registers) -> _LoadedCaseSerializer:
    serializer = _LoadedCaseSerializer(data=document.data, context={"registers": registers})
    serializer.is_valid()
    return serializer


def _entry(document: YamlDocument, validated: dict[str, Any]) -> LoadEntry:
    wanted = comparable_case(validated, State.PUBLISHED)
    return LoadEntry("cases", document.data["slug"], wanted, validated, document=document)


def _things_by_register(plan: LoadPlan, thing_of: Callable[[LoadEntry], Any]) -> dict[str, dict[str, Any]]:
    """What the files let cases name, by register or vocabulary and by the slug that the files give."""
    things: dict[str, dict[str, Any]] = {}
    for entry in plan.entries:
        register = entry.thing.vocabulary.slug if entry.register == "terms" else entry.register
        things.setdefault(register, {})[entry.thing.slug] = thing_of(entry)
    return things


def _absence(entry: LoadEntry) -> str:
    if entry.outcome == LoadOutcome.GONE:
        return f"“{entry.thing.slug}” was deleted here by hand; enter it again, or leave it out."
    return f"“{entry.thing.slug}” is left out here."


def _passage_offsets(folder: Path) -> tuple[dict[str, tuple[int, int]], list[FileMistake]]:
    """The offsets of the passages by their checksums."""
    path = folder / "passages.csv"
    try:
        return {row.sha256: (row.start, row.end) for row in read_passages_csv(path)}, []
    except FileNotFoundError:
        return {}, []
    except (KeyError, TypeError, ValueError) as error:
        return {}, [
            FileMistake(path.name, 1, "", f"Write it anew with manage.py place_passages; it cannot be read: {error}.")
        ]


def _document(path: Path, offsets: dict[str, tuple[int, int]], edition: Edition) -> YamlDocument:
    """Read the file of a case, and note mistakes for which nothing has to be looked up."""
    document = read_yaml(path, path.relative_to(edition.root).as_posix())
    if isinstance(document.data, dict):
        _fill_later_dimensions(document.data)
        document.mistakes += [*_unplaced(document, offsets), *_missing_fields(document)]
        document.data = document.data if edition.is_last else forms.read_exported(document.data)
    elif not document.mistakes:
        document.mistakes.append(document.mistake("", "Write a case: a mapping with slug, title, kind and so on."))
    return document


def _unplaced(document: YamlDocument, offsets: dict[str, tuple[int, int]]) -> Iterator[FileMistake]:
    """Give each bare passage its source and offsets, and return mistakes for those without any."""
    for path, holder, words in list(bare_passages(document)):
        start, end = offsets.get(sha256_of(words), (None, None))
        holder["passage"] = {"source": QUOTED_SOURCE, "exact": words, "start": start, "end": end}
        if start is None:
            yield document.mistake(path, "These words have no place in passages.csv; run manage.py place_passages.")


def _fill_later_dimensions(data: dict[str, Any]) -> None:
    """Call a dimension “not coded” that the catalogue got after the file was written, as stored records do."""
    absent = data.get("absent", {})
    later = [name for name in ABSENCE_COLUMNS if schema.NODES[name].since > forms.FIRST_FORM and name not in data]
    if later and isinstance(absent, dict):
        data["absent"] = dict.fromkeys(later, schema.NOT_CODED) | absent


def _missing_fields(document: YamlDocument) -> Iterator[FileMistake]:
    """What the files need beyond the rules of the catalogue."""
    data = document.data
    absent = data.get("absent")
    for name in ABSENCE_COLUMNS:
        if name not in data and not (isinstance(absent, dict) and name in absent):
            yield document.mistake(name, "Give it, or say under absent which kind of nothing it is.")
    if "state" in data:
        yield document.mistake("state", "Leave it out: the cases of the files are published.")
    if data.get("slug") != Path(document.name).stem:
        yield document.mistake("slug", "Give the slug that the file is named after.")


def _references(validated: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The terms and things that a validated record names, with the path of each."""
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
