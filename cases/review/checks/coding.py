"""Checks of judgements and codings: reason and passage given, nothing left uncoded, no retired terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from cases import schema
from cases.models import Absence
from cases.record.convert import PrimitiveRecord
from cases.schema import ABSENCE_COLUMNS, NO_DIRECTION_TERM, NO_EVIDENCE_TERM
from cases.schema.nodes import Kind
from cases.search.text import fold

from .context import CheckContext
from .rule import ContextRule, PathFinding, RecordRule, block_or_empty, parts_with_paths

# The verdict ---------------------------------------------------------------------------------------------------------


def _verdict_missing(record: PrimitiveRecord) -> Iterator[PathFinding]:
    if not block_or_empty(record, "eligibility").get("verdict"):
        yield "eligibility.verdict", "Judge whether it is co-delivery; near misses are judged, too."


def _verdict_reason(record: PrimitiveRecord) -> Iterator[PathFinding]:
    verdict = block_or_empty(record, "eligibility")
    if verdict.get("verdict") and not (verdict.get("reason") or "").strip():
        yield "eligibility.reason", "Say why: what the public input is, why it is missing, or what it depends on."


def _verdict_passage(record: PrimitiveRecord) -> Iterator[PathFinding]:
    verdict = block_or_empty(record, "eligibility")
    if verdict.get("verdict") and not verdict.get("passage"):
        yield "eligibility.passage", "Quote the words of a source that the verdict rests on."


# Dimensions ----------------------------------------------------------------------------------------------------------

FindProblems = Callable[[PrimitiveRecord], Iterator[PathFinding]]


def _uncoded(dimension: str) -> FindProblems:
    return partial(_check_uncoded, dimension)


def _check_uncoded(dimension: str, record: PrimitiveRecord) -> Iterator[PathFinding]:
    stated = block_or_empty(record, "absent").get(dimension) or Absence.NOT_CODED
    if not record.get(dimension) and stated == Absence.NOT_CODED:
        yield dimension, schema.ABSENCES[dimension].ask


def _evidence_passage(record: PrimitiveRecord) -> Iterator[PathFinding]:
    evidence = block_or_empty(record, "evidence")
    if evidence.get("level") and evidence["level"] != NO_EVIDENCE_TERM and not evidence.get("passage"):
        yield "evidence.passage", "Quote the words that name this evidence."


def _basis_missing(record: PrimitiveRecord) -> Iterator[PathFinding]:
    """Judgements without a basis, which older records do not state."""
    for name in BLOCKS_WITH_OPTIONAL_BASIS:
        if record.get(name) and not record[name].get("basis"):
            yield f"{name}.basis", "Say whether the words state it, its placement does, or it is inferred."
    if record.get("kind") and not record.get("standing"):
        yield "standing.basis", "Say what kind and role rest on."


BLOCKS_WITH_OPTIONAL_BASIS = ("eligibility", "years")


def _ungrounded(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for parts in schema.PART_LISTS:
        if parts.grounds:
            grounded = {part.get(parts.keys[0]) for _, part in parts_with_paths(record, parts.name)}
            for number, slug in enumerate(record.get(parts.grounds) or []):
                if slug not in grounded:
                    yield f"{parts.grounds}[{number}]", f"Give “{slug}” its basis, and the words where there are any."


def _result_without_finding(record: PrimitiveRecord) -> Iterator[PathFinding]:
    """Evidence from before there were findings: a level or a direction that no finding carries."""
    level = block_or_empty(record, "evidence").get("level")
    if level and level != NO_EVIDENCE_TERM and not record.get("findings"):
        yield "findings", "Say which result rests on this evidence; where the source reports none, none is named."


def _direction_without_result(record: PrimitiveRecord) -> Iterator[PathFinding]:
    evidence = block_or_empty(record, "evidence")
    if evidence.get("level") == NO_EVIDENCE_TERM and evidence.get("direction") != NO_DIRECTION_TERM:
        yield "evidence.direction", "There is no direction without a result: not-stated."


# Parts ---------------------------------------------------------------------------------------------------------------


def _label_twice(record: PrimitiveRecord) -> Iterator[PathFinding]:
    labels = Counter(fold(part.get("label") or "") for _, part in parts_with_paths(record, "arrangements"))
    for path, part in parts_with_paths(record, "arrangements"):
        label = fold(part.get("label") or "")
        if label and labels[label] > 1:
            yield f"{path}.label", "Another arrangement is called the same: say what this group does."


def _organisation_part(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for path, entry in parts_with_paths(record, "organisations"):
        if not entry.get("part"):
            yield f"{path}.part", f"Say which part “{entry.get('organisation')}” has in it."


def _organisation_passage(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for path, entry in parts_with_paths(record, "organisations"):
        if not entry.get("passage"):
            yield f"{path}.passage", f"Quote the words that give “{entry.get('organisation')}” its part."


def _uncited(record: PrimitiveRecord) -> Iterator[PathFinding]:
    if not record.get("sources"):
        yield "sources", "Cite the sources that tell of it."


# Terms ---------------------------------------------------------------------------------------------------------------


def _codings(record: PrimitiveRecord) -> Iterator[tuple[str, str, str]]:
    """Yield each coding of a record as (path, vocabulary, slug of the term)."""
    for path, field in SINGLE_TERM_PATHS.items():
        if slug := _value_at(record, path):
            yield path, field.vocabulary, slug
    for path, field in SEVERAL_TERM_PATHS.items():
        for number, slug in enumerate(_value_at(record, path) or []):
            yield f"{path}[{number}]", field.vocabulary, slug
    for name, keys in PART_TERM_PATHS.items():
        for path, part in parts_with_paths(record, name):
            for key, vocabulary in keys.items():
                if slug := _value_at(part, key):
                    yield f"{path}.{key}", vocabulary, slug


SINGLE_TERM_PATHS = {path: field for path, field in schema.CASE_FIELDS.items() if field.kind is Kind.TERM}
SEVERAL_TERM_PATHS = {path: field for path, field in schema.CASE_FIELDS.items() if field.kind is Kind.TERMS}
PART_TERM_PATHS = {
    name: {key: field.vocabulary for key, field in fields.items() if field.kind is Kind.TERM}
    for name, fields in schema.PART_FIELDS.items()
}


def _value_at(part: Mapping[str, Any], key: str) -> Any:
    for name in key.split("."):
        part = part.get(name) or {}
    return part


def _retired(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    for path, vocabulary, slug in _codings(record):
        if (instead := context.retired.get((vocabulary, slug))) is not None:
            what = f"code with “{instead}” instead." if instead else "choose a term in use, or settle that it stays."
            yield path, f"“{slug}” is retired: {what}"


def _instance_unknown(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    slug = record.get("instance_of")
    if slug and slug not in context.practices:
        yield "instance_of", f"There is no published practice “{slug}”."


CODING_RULES = (
    RecordRule("verdict-missing", "error", "no verdict", _verdict_missing),
    RecordRule("verdict-reason", "error", "verdict without its reason", _verdict_reason),
    RecordRule("verdict-passage", "error", "verdict without its passage", _verdict_passage),
    *(
        RecordRule(f"uncoded-{name}", "warning" if name == "sectors" else "note", f"{name} not coded", _uncoded(name))
        for name in ABSENCE_COLUMNS
    ),
    RecordRule("evidence-passage", "error", "evidence without its passage", _evidence_passage),
    RecordRule("basis-missing", "note", "judgement without its basis", _basis_missing),
    RecordRule("ungrounded", "note", "sector or place without its basis", _ungrounded),
    RecordRule("result-without-finding", "warning", "evidence that no finding carries", _result_without_finding),
    RecordRule("direction-without-result", "warning", "direction without a result", _direction_without_result),
    ContextRule("instance-unknown", "warning", "instance of a practice that is not here", _instance_unknown),
    RecordRule("label-twice", "warning", "arrangements that are called the same", _label_twice),
    RecordRule("organisation-part", "error", "organisation without its part", _organisation_part),
    RecordRule("organisation-passage", "note", "organisation whose part has no passage", _organisation_passage),
    RecordRule("uncited", "warning", "no source cited", _uncited),
    ContextRule("retired-term", "warning", "coded with a term that is retired", _retired),
)
