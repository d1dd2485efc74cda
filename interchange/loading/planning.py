"""What loading a folder of catalogue files would do: all is read and validated before anything is written.

`plan_load(edition)` changes nothing. Its plan holds every mistake of every file; or, without any, the outcome of each
record:

    in the files   in the database            the last load    then
    yes            no                         never brought it created
    yes            no                         brought it       left deleted
    yes            as it was loaded, differs  brought it       changed
    yes            as it was loaded, agrees   brought it       the same
    yes            otherwise                  whatever         kept as edited

When an edition comes to a catalogue that has an earlier one, what it changes in a case that would be kept as edited is
proposed, merged with what people did; and a case that the edition merges with another is merged.

A record counts as in the database where it has another slug by now. One that would be created or changed is left out,
with a note, where something that people did here stands in its way: it names what they deleted or retired.
Only the files themselves can have mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Max, Model
from django.utils import timezone

from cases.models import Place
from cases.record import convert
from taxonomy.codebook import is_required_term
from taxonomy.models import Alignment, Term, TermExample, TermNeighbour, Vocabulary
from taxonomy.slugs import slug_mistake

from ..models import LoadedRecord
from .broader import settle_terms
from .case_files import plan_cases
from .editions import Edition
from .entries import LOADED_MODELS, LoadEntry, LoadPlan, plain_record
from .files import YamlDocument, read_yaml
from .stored import StoredRecords


def last_edition() -> int:
    """The last edition of the files that was brought to the catalogue; 0 if there was none."""
    return int(LoadedRecord.objects.aggregate(last=Max("edition"))["last"] or 0)


def plan_load(edition: Edition) -> LoadPlan:
    """Read and validate every file of an edition, and decide on the outcome of each record."""
    plan = read_registers(edition)
    plan.is_new = 0 < last_edition() < edition.number
    _set_outcomes(plan)
    plan_cases(plan)
    plan.mistakes.sort()
    plan.notes.sort()
    return plan


def read_registers(edition: Edition) -> LoadPlan:
    """Read the vocabularies and registers of an edition, without looking at what is stored."""
    plan, folder = LoadPlan(edition), edition.folder
    plan.mistakes.extend(edition.mistakes())
    rows: list[TermRow] = []
    for path in sorted((folder / "vocabularies").glob("*.yaml")):
        rows += _plan_vocabulary(plan, read_yaml(path, path.relative_to(edition.root).as_posix()))
    _plan_neighbours(plan, rows)
    for register in ("sources", "organisations", "places"):
        path = folder / f"{register}.yaml"
        _plan_register(plan, register, read_yaml(path, path.relative_to(edition.root).as_posix()))
    return plan


# Vocabularies and registers ------------------------------------------------------------------------------------------


class TermRow(NamedTuple):
    """The row of a term in its file."""

    entry: LoadEntry
    row: Mapping[str, Any]


def _plan_vocabulary(plan: LoadPlan, document: YamlDocument) -> list[TermRow]:
    plan.mistakes.extend(document.mistakes)
    if not isinstance(document.data, dict):
        _expect(plan, document, "", "a vocabulary: a mapping with slug, label, definition and terms")
        return []
    fields = {name: value for name, value in document.data.items() if name != "terms"}
    vocabulary = _thing(plan, document, "vocabularies", fields, "")
    if Path(document.name).stem != fields.get("slug"):
        plan.mistakes.append(document.mistake("slug", "Give the slug that the file is named after."))
    plan.entries.append(LoadEntry("vocabularies", vocabulary.slug, plain_record(vocabulary), vocabulary))
    return _plan_terms(plan, document, vocabulary)


TERM_PARTS = {"narrower", "aligned", "neighbours", "examples", "retired"}
"""What the row of a term has besides its texts."""


def _plan_terms(plan: LoadPlan, document: YamlDocument, vocabulary: Vocabulary) -> list[TermRow]:
    """Plan the terms in the order of the file, each broader one before its narrower ones; without neighbours."""
    planned: list[TermRow] = []
    for order, (path, row, broader) in enumerate(_rows(plan, document, "terms", document.data.get("terms"))):
        fields = {name: value for name, value in row.items() if name not in TERM_PARTS}
        term = _thing(plan, document, "terms", fields | {"order": str(order)}, path)
        term.vocabulary, term.broader, term.near = vocabulary, broader.get("term"), []
        row["term"] = term
        term.aligned = _parts(plan, document, row, path, "aligned", _alignment)
        term.shown = _parts(plan, document, row, path, "examples", _example)
        if _is_yes(plan, document, row, "retired", path):
            term.retired_at = timezone.now()
        mistake = "" if is_required_term(term) else slug_mistake(term.slug)
        plan.mistakes += [document.mistake(f"{path}.slug", mistake)] if mistake else []
        slug = f"{vocabulary.slug}/{term.slug}"
        entry = LoadEntry("terms", slug, plain_record(term), term, document=document, path=path)
        plan.entries.append(entry)
        planned.append(TermRow(entry, row))
    return planned


def _plan_neighbours(plan: LoadPlan, rows: Sequence[TermRow]) -> None:
    """Give each term its neighbours: `slug` in its own vocabulary, `vocabulary/slug` in any."""
    terms = {entry.slug: entry.thing for entry, _ in rows}
    for entry, row in rows:
        make = partial(_neighbour, of=entry.thing, terms=terms)
        entry.thing.near = _parts(plan, entry.document, row, entry.path, "neighbours", make)
        entry.wanted = plain_record(entry.thing)


def _is_yes(plan: LoadPlan, document: YamlDocument, row: Mapping[str, Any], name: str, path: str) -> bool:
    value = row.get(name, "false")
    if value not in TRUTHS:
        plan.mistakes.append(document.mistake(f"{path}.{name}", "Write true or false here."))
    return TRUTHS.get(value, False)


PartFactory = Callable[[LoadPlan, YamlDocument, Mapping[str, Any], str], Any]


def _parts(
    plan: LoadPlan, document: YamlDocument, row: Mapping[str, Any], path: str, name: str, make: PartFactory
) -> list[Any]:
    """The parts of a term in one list of its row."""
    items = row.get(name) or []
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        _expect(plan, document, f"{path}.{name}", "a list of mappings")
        return []
    made = (make(plan, document, each, f"{path}.{name}[{number}]") for number, each in enumerate(items))
    return [part for part in made if part is not None]


def _rows(
    plan: LoadPlan, document: YamlDocument, path: str, rows: Any, broader: dict[str, Any] | None = None
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(path, row, row of the broader term) for each term, at every depth."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _expect(plan, document, path, "a list of terms, each a mapping")
        return
    for number, row in enumerate(rows):
        here = f"{path}[{number}]"
        yield here, row, broader or {}
        if "narrower" in row:
            yield from _rows(plan, document, f"{here}.narrower", row["narrower"], row)


def _alignment(plan: LoadPlan, document: YamlDocument, row: Mapping[str, Any], path: str) -> Alignment:
    alignment = Alignment(**_texts(plan, document, row, path, "relation", "iri", "label"))
    _clean(plan, document, alignment, path, exclude={"term"})
    return alignment


def _neighbour(
    plan: LoadPlan, document: YamlDocument, row: Mapping[str, Any], path: str, *, of: Term, terms: Mapping[str, Term]
) -> TermNeighbour | None:
    texts = _texts(plan, document, row, path, "term", "difference")
    name = texts["term"]
    term = terms.get(name if "/" in name else f"{of.vocabulary.slug}/{name}")
    if term is None or term is of:
        plan.mistakes.append(document.mistake(f"{path}.term", f"There is no other term “{name}” in the files."))
        return None
    neighbour = TermNeighbour(term=of, neighbour=term, difference=texts["difference"])
    _clean(plan, document, neighbour, path, exclude={"term", "neighbour"})
    return neighbour


def _example(plan: LoadPlan, document: YamlDocument, row: Mapping[str, Any], path: str) -> TermExample:
    texts = _texts(plan, document, row, path, "as", "case", "why", "passage")
    example = TermExample(fit=texts.pop("as"), **texts)
    _clean(plan, document, example, path, exclude={"term"}, names={"fit": "as"})
    return example


def _texts(plan: LoadPlan, document: YamlDocument, row: Mapping[str, Any], path: str, *names: str) -> dict[str, str]:
    """The texts of a row under these names, which are all that there are."""
    for name, value in row.items():
        if name not in names:
            what = f"There is no such field; there are: {', '.join(names)}."
            plan.mistakes.append(document.mistake(f"{path}.{name}", what))
        elif not isinstance(value, str):
            plan.mistakes.append(document.mistake(f"{path}.{name}", "Write a text here."))
    return {name: value if isinstance(value := row.get(name, ""), str) else "" for name in names}


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
    """A row as an unsaved object; its mistakes are noted in the plan."""
    model, names = LOADED_MODELS[register]
    for name in row:
        if name not in names:
            what = f"There is no such field; there are: {', '.join(names)}."
            plan.mistakes.append(document.mistake(f"{path}.{name}".lstrip("."), what))
    for name, value in row.items():
        if not isinstance(value, str):
            plan.mistakes.append(document.mistake(f"{path}.{name}".lstrip("."), "Write a text here."))
    thing = model(**{name: _value(model, name, row[name]) for name in names if isinstance(row.get(name), str)})
    _clean(plan, document, thing, path, exclude={"vocabulary", "broader"})
    return thing


def _value(model: type[Model], name: str, text: str) -> Any:
    return TRUTHS.get(text, text) if isinstance(model._meta.get_field(name), BooleanField) else text


TRUTHS = {"true": True, "false": False}


def _clean(
    plan: LoadPlan, document: YamlDocument, thing: Model, path: str, exclude: set[str],
    names: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Note what is wrong with an unsaved object; `names` are those of the files, by column, where they differ."""
    try:
        thing.clean_fields(exclude=exclude)
        if isinstance(thing, Place):
            thing.validate_constraints()
    except ValidationError as error:
        for inner, what in convert.error_paths(error.message_dict):
            where = f"{path}.{(names or {}).get(inner, inner)}".strip(".")
            plan.mistakes.append(document.mistake(where, f"{what}{_allowed(thing, inner)}"))


def _allowed(thing: Model, name: str) -> str:
    """The choices of a field, if they are few."""
    field = getattr(type(thing), name, None)
    choices = list(getattr(getattr(field, "field", None), "choices", None) or [])
    return f" It is one of: {', '.join(str(word) for word, _ in choices)}." if 0 < len(choices) < 20 else ""


# Outcomes ------------------------------------------------------------------------------------------------------------


def _set_outcomes(plan: LoadPlan) -> None:
    """Decide on all that cases may name."""
    stored = {name: StoredRecords.look(name, [entry.slug for entry in plan.of(name)]) for name in LOADED_MODELS}
    for entry in plan.entries:
        stored[entry.register].set_outcome(entry)
    _leave_out_neighbours(plan, stored["terms"])
    settle_terms(plan, stored["terms"])


def _leave_out_neighbours(plan: LoadPlan, stored: StoredRecords) -> None:
    """Take out of each term the neighbours that people deleted here."""
    gone = {id(entry.thing) for entry in plan.of("terms") if not entry.has_row}
    for entry in plan.of("terms") if gone else ():
        if near := [each for each in entry.thing.near if id(each.neighbour) in gone]:
            entry.thing.near = [each for each in entry.thing.near if each not in near]
            entry.wanted = plain_record(entry.thing)
            stored.set_outcome(entry)
