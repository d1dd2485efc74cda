"""Judgements and codings: each with its reason and passage, nothing left uncoded, no term that is retired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from cases import schema
from cases.declarations import Kind
from cases.models import Absence
from cases.schema import DIMENSIONS
from cases.words import fold

from .rule import Beside, Finding, Own, Record, block, parts
from .surroundings import Surroundings

NO_EVIDENCE = "none-named"

# The verdict ---------------------------------------------------------------------------------------------------------


def _verdict_missing(record: Record) -> Iterator[Finding]:
    if not block(record, "eligibility").get("verdict"):
        yield "eligibility.verdict", "Judge whether it is co-delivery; near misses are judged, too."


def _verdict_reason(record: Record) -> Iterator[Finding]:
    verdict = block(record, "eligibility")
    if verdict.get("verdict") and not (verdict.get("reason") or "").strip():
        yield "eligibility.reason", "Say why: what the public input is, why it is missing, or what it depends on."


def _verdict_passage(record: Record) -> Iterator[Finding]:
    verdict = block(record, "eligibility")
    if verdict.get("verdict") and not verdict.get("passage"):
        yield "eligibility.passage", "Quote the words of a source that the verdict rests on."


# Dimensions ----------------------------------------------------------------------------------------------------------

Found = Callable[[Record], Iterator[Finding]]


def _uncoded(dimension: str) -> Found:
    return partial(_uncoded_in, dimension)


def _uncoded_in(dimension: str, record: Record) -> Iterator[Finding]:
    said = block(record, "absent").get(dimension) or Absence.NOT_CODED
    if not record.get(dimension) and said == Absence.NOT_CODED:
        yield dimension, schema.ABSENCES[dimension].ask


def _evidence_passage(record: Record) -> Iterator[Finding]:
    evidence = block(record, "evidence")
    if evidence.get("level") and evidence["level"] != NO_EVIDENCE and not evidence.get("passage"):
        yield "evidence.passage", "Quote the words that name this evidence."


# Parts ---------------------------------------------------------------------------------------------------------------


def _label_twice(record: Record) -> Iterator[Finding]:
    labels = Counter(fold(part.get("label") or "") for _, part in parts(record, "arrangements"))
    for path, part in parts(record, "arrangements"):
        label = fold(part.get("label") or "")
        if label and labels[label] > 1:
            yield f"{path}.label", "Another arrangement is called the same: say what this group does."


def _organisation_part(record: Record) -> Iterator[Finding]:
    for path, entry in parts(record, "organisations"):
        if not entry.get("part"):
            yield f"{path}.part", f"Say which part “{entry.get('organisation')}” has in it."


def _organisation_passage(record: Record) -> Iterator[Finding]:
    for path, entry in parts(record, "organisations"):
        if not entry.get("passage"):
            yield f"{path}.passage", f"Quote the words that give “{entry.get('organisation')}” its part."


def _uncited(record: Record) -> Iterator[Finding]:
    if not record.get("sources"):
        yield "sources", "Cite the sources that tell of it."


# Terms ---------------------------------------------------------------------------------------------------------------


def _coded(record: Record) -> Iterator[tuple[str, str, str]]:
    """Yield each coding of a plain record: its path, the vocabulary, the slug of the term."""
    for path, field in SINGLE.items():
        if slug := _under(record, path):
            yield path, field.vocabulary, slug
    for path, field in SEVERAL.items():
        for number, slug in enumerate(_under(record, path) or []):
            yield f"{path}[{number}]", field.vocabulary, slug
    for name, keys in PARTS.items():
        for path, part in parts(record, name):
            for key, vocabulary in keys.items():
                if slug := _under(part, key):
                    yield f"{path}.{key}", vocabulary, slug


SINGLE = {path: field for path, field in schema.ROW.items() if field.kind is Kind.TERM}
SEVERAL = {path: field for path, field in schema.ROW.items() if field.kind is Kind.TERMS}
PARTS = {
    name: {key: field.vocabulary for key, field in fields.items() if field.kind is Kind.TERM}
    for name, fields in schema.ROWS.items()
}


def _under(part: Mapping[str, Any], key: str) -> Any:
    for name in key.split("."):
        part = part.get(name) or {}
    return part


def _retired(record: Record, around: Surroundings) -> Iterator[Finding]:
    for path, vocabulary, slug in _coded(record):
        if (instead := around.retired.get((vocabulary, slug))) is not None:
            what = f"code with “{instead}” instead." if instead else "choose a term in use, or settle that it stays."
            yield path, f"“{slug}” is retired: {what}"


RULES = (
    Own("verdict-missing", "error", "no verdict", _verdict_missing),
    Own("verdict-reason", "error", "verdict without its reason", _verdict_reason),
    Own("verdict-passage", "error", "verdict without its passage", _verdict_passage),
    *(
        Own(f"uncoded-{name}", "warning" if name == "sectors" else "note", f"{name} not coded", _uncoded(name))
        for name in DIMENSIONS
    ),
    Own("evidence-passage", "error", "evidence without its passage", _evidence_passage),
    Own("label-twice", "warning", "arrangements that are called the same", _label_twice),
    Own("organisation-part", "error", "organisation without its part", _organisation_part),
    Own("organisation-passage", "note", "organisation whose part has no passage", _organisation_passage),
    Own("uncited", "warning", "no source cited", _uncited),
    Beside("retired-term", "warning", "coded with a term that is retired", _retired),
)
