"""What loading a folder of catalogue files would do: all is read and validated before anything is written.

`plan_load(folder)` changes nothing. Its plan holds every mistake of every file; or, without any, the outcome of each
record:

    in the files   in the database            the last load    then
    yes            no                         never brought it created
    yes            no                         brought it       left deleted
    yes            as it was loaded, differs  brought it       changed
    yes            as it was loaded, agrees   brought it       the same
    yes            otherwise                  whatever         kept as edited

A record counts as in the database where it has another slug by now. One that would be created or changed is left out,
with a note, where something that people did here stands in its way: it names what they deleted or retired.
Only the files themselves can have mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from cases.models import Place
from cases.record import convert
from taxonomy.codebook import is_required_term
from taxonomy.models import Alignment, Vocabulary
from taxonomy.slugs import slug_mistake

from .broader import settle_terms
from .case_files import plan_cases
from .entries import LOADED_MODELS, LoadEntry, LoadPlan, plain_record
from .files import YamlDocument, read_yaml
from .stored import StoredRecords


def plan_load(folder: Path) -> LoadPlan:
    """Read and validate every file of `folder`, and decide on the outcome of each record."""
    plan = LoadPlan()
    for path in sorted((folder / "vocabularies").glob("*.yaml")):
        _plan_vocabulary(plan, read_yaml(path, f"vocabularies/{path.name}"))
    for register in ("sources", "organisations", "places"):
        _plan_register(plan, register, read_yaml(folder / f"{register}.yaml"))
    _set_outcomes(plan)
    plan_cases(plan, folder)
    plan.mistakes.sort()
    plan.notes.sort()
    return plan


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
    """Plan the terms in the order of the file, each broader one before its narrower ones."""
    for order, (path, row, broader) in enumerate(_rows(plan, document, "terms", document.data.get("terms"))):
        fields = {name: value for name, value in row.items() if name not in {"narrower", "aligned"}}
        term = _thing(plan, document, "terms", fields | {"order": str(order)}, path)
        term.vocabulary, term.broader = vocabulary, broader.get("term")
        row["term"] = term
        term.aligned = [
            _alignment(plan, document, each, f"{path}.aligned[{number}]")
            for number, each in enumerate(row.get("aligned", []))
        ]
        mistake = "" if is_required_term(term) else slug_mistake(term.slug)
        plan.mistakes += [document.mistake(f"{path}.slug", mistake)] if mistake else []
        slug = f"{vocabulary.slug}/{term.slug}"
        plan.entries.append(LoadEntry("terms", slug, plain_record(term), term, document=document, path=path))


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
    """A row as an unsaved object; its mistakes are noted in the plan."""
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
    settle_terms(plan, stored["terms"])
