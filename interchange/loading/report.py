"""What the last edition of the catalogue's own files changed in the one before: entry by entry, with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cases.history.diff import FieldChange, compare_records
from cases.record.labels import RecordLabels
from cases.schema import ABSENCE_COLUMNS, NO_EVIDENCE_TERM
from taxonomy.models import TERM_FIELDS

from .case_files import read_cases
from .editions import Edition, read_editions
from .entries import LoadPlan
from .files import FileMistake
from .planning import read_registers

Records = Mapping[str, Mapping[str, Any]]


class _State(NamedTuple):
    """One edition as its files say it."""

    plan: LoadPlan
    cases: Records

    @classmethod
    def of(cls, edition: Edition) -> _State:
        plan = read_registers(edition)
        return cls(plan, read_cases(plan))


class MistakenEditions(Exception):
    """The files of an edition cannot be read."""

    def __init__(self, mistakes: Iterable[FileMistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))


def coding_report(folder: Path) -> str:
    """The report as Markdown; it depends on the files alone."""
    *_, before, after = map(_State.of, read_editions(folder))
    if mistakes := [*before.plan.mistakes, *after.plan.mistakes]:
        raise MistakenEditions(mistakes)
    labels = _labels(before, after)
    blocks = [*_head(after.plan.edition), *_counts(before, after, labels), *_codebook(before, after)]
    return "\n".join([*blocks, *_entries(before, after, labels)])


def _labels(*states: _State) -> RecordLabels:
    labels: dict[str, dict[str, str]] = {}
    for state in states:
        for entry in state.plan.entries:
            register = entry.thing.vocabulary.slug if entry.register == "terms" else entry.register
            labels.setdefault(register, {})[entry.thing.slug] = str(entry.thing)
    return RecordLabels(labels)


def _head(edition: Edition) -> Iterator[str]:
    yield f"# What edition {edition.number} changed\n"
    yield f"{edition.title}. {edition.reason}\n"
    yield "Made from `fixtures/` by `python manage.py coding_report`, by which it is made anew.\n"


# Numbers -------------------------------------------------------------------------------------------------------------

COUNTED = {
    "Kind of entry": ("kind", "kind"),
    "Role in the source": ("role", "role"),
    "Verdict": ("eligibility.verdict", "eligibility"),
    "Evidence": ("evidence.level", "evidence"),
    "Direction of the evidence": ("evidence.direction", "direction"),
}
"""What is counted by its values: the path in a record, and the vocabulary."""


def _counts(before: _State, after: _State, labels: RecordLabels) -> Iterator[str]:
    yield "## Completeness\n"
    yield "Entries that have a value in each dimension; the others say which kind of nothing it is.\n"
    yield f"| dimension | before ({len(before.cases)} entries) | after ({len(after.cases)} entries) |"
    yield "|---|---|---|"
    for name in ABSENCE_COLUMNS:
        yield f"| {name.replace('_', ' ')} | {_given(name, before.cases)} | {_given(name, after.cases)} |"
    yield f"| arrangements whose mode is said | {_modes(before.cases)} | {_modes(after.cases)} |"
    for title, (path, vocabulary) in COUNTED.items():
        old, new = _values(path, before.cases), _values(path, after.cases)
        yield f"\n### {title}\n\n| term | before | after |\n|---|---|---|"
        for slug in sorted({*old, *new}, key=lambda slug: (-new[slug], -old[slug], slug)):
            yield f"| {labels.of_slug(vocabulary, slug)} | {old[slug]} | {new[slug]} |"


def _given(name: str, cases: Records) -> int:
    """The number of cases with a value; evidence of which none is named counts as none."""
    values: list[Any] = [case.get(name) for case in cases.values()]
    if name == "evidence":
        return sum(value["level"] != NO_EVIDENCE_TERM for value in values if value)
    return sum(map(bool, values))


def _modes(cases: Records) -> str:
    arrangements = [each for case in cases.values() for each in case.get("arrangements") or []]
    return f"{sum(bool(each['mode']['terms']) for each in arrangements)} of {len(arrangements)}"


def _values(path: str, cases: Records) -> Counter[str]:
    outer, _, inner = path.rpartition(".")
    blocks = (case.get(outer) or {} if outer else case for case in cases.values())
    return Counter(value for block in blocks if (value := block.get(inner)))


# The codebook --------------------------------------------------------------------------------------------------------


def _codebook(before: _State, after: _State) -> Iterator[str]:
    yield "\n## The codebook\n"
    old = {entry.slug: entry.wanted for entry in before.plan.of("terms")}
    vocabulary = ""
    for entry in after.plan.of("terms"):
        what = _what_changed(old.get(entry.slug), entry.wanted)
        if what and vocabulary != entry.thing.vocabulary.slug:
            vocabulary = entry.thing.vocabulary.slug
            yield f"\n### {entry.thing.vocabulary}\n"
        if what:
            reason = after.plan.edition.codebook.get(entry.slug, "")
            yield f"- **{entry.thing}**: {what}. {reason}".rstrip()


def _what_changed(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    if before is None:
        return "new"
    if after.get("retired") and not before.get("retired"):
        return "retired"
    names = [name for name in TERM_FIELDS if name != "order" and before.get(name) != after.get(name)]
    return f"other {_listed(name.replace('_', ' ') for name in names)}" if names else ""


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


# The entries ---------------------------------------------------------------------------------------------------------


def _entries(before: _State, after: _State, labels: RecordLabels) -> Iterator[str]:
    edition = after.plan.edition
    yield "\n## The entries"
    for slug, merged in edition.merged.items():
        if slug in before.cases:
            yield f"\n### {before.cases[slug]['title']}\n\nMerged into `{merged['into']}`. {merged['reason']}"
    same = 0
    for slug, record in after.cases.items():
        lines = [*_entry(before.cases.get(slug), record, labels)]
        same += not lines
        if lines:
            yield f"\n### {record['title']}\n\n`{slug}`. {edition.reason_of_case(slug)}\n"
            yield from lines
    yield f"\nThe other {same} entries say the same as before.\n" if same else ""


def _entry(before: Mapping[str, Any] | None, after: Mapping[str, Any], labels: RecordLabels) -> Iterator[str]:
    if before is None:
        yield "A new entry."
        return
    for change in compare_records(before, after, labels).changes:
        if line := _change(change):
            yield f"- {line}"


MAX_TEXT_SHOWN = 120  # characters
PASSAGE_LEAVES = {"exact", "source", "locator", "start", "end", "checked"}


def _change(change: FieldChange) -> str:
    """A change in a line: texts and quotations only by their names, since the history of the entry has them whole."""
    name = f"{change.name} ({change.about})" if change.about else change.name
    if change.prose and max(len(change.before), len(change.after)) > MAX_TEXT_SHOWN:
        return f"{name}: reworded"
    if "passage" in change.path:
        return "" if change.path.rpartition(".")[2] in PASSAGE_LEAVES - {"exact"} else f"{name}: {QUOTED[change.kind]}"
    if change.facts:
        facts = "; ".join(f"{fact.name.lower()}: {fact.text}" for fact in change.facts if not _is_long(fact.name))
        return f"{name} {change.kind}: {facts}"
    if change.before and change.after:
        return f"{name}: {change.before} → {change.after}"
    return f"{name} {change.kind}{f': {text}' if (text := change.after or change.before) else ''}"


QUOTED = {"added": "quoted now", "removed": "no longer quoted", "changed": "other words quoted", "moved": "moved"}
"""By the kind of change of a passage."""


def _is_long(name: str) -> bool:
    return any(word in name.lower() for word in ("passage", "summary", "narrative", "text"))
