"""Checks of passages: quoted correctly, and from sources that the case cites."""

from __future__ import annotations

from collections.abc import Iterator

from cases.record.convert import PrimitiveRecord

from .context import CheckContext
from .rule import ContextRule, PathFinding, RecordRule, passages_with_paths


def cited_sources(record: PrimitiveRecord) -> set[str]:
    return {entry["source"] for entry in record.get("sources") or [] if entry.get("source")}


def _passage_source(record: PrimitiveRecord) -> Iterator[PathFinding]:
    known = cited_sources(record)
    for path, passage in passages_with_paths(record):
        if passage.get("source") not in known:
            yield path, f"Its source, {passage.get('source')}, is not among the sources of the case: cite it there."


def _passage_words(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    for path, passage in passages_with_paths(record):
        text = context.texts.get(passage.get("source") or "")
        if text is not None and (what := _describe_mismatch(passage, text)):
            yield path, what


def _describe_mismatch(passage: PrimitiveRecord, text: str) -> str:
    """Describe what is wrong with a passage, with offsets in code points; an empty string if nothing is."""
    exact, start, end = passage.get("exact") or "", passage.get("start"), passage.get("end")
    if start is not None and text[start:end] == exact:
        return ""
    found = text.find(exact) if exact else -1
    if found < 0:
        return f"“{exact[:60]}” does not stand in {passage['source']}: quote it character for character."
    if start is None:
        return ""
    return f"These words stand elsewhere in {passage['source']}: from {found} to {found + len(exact)}."


def _unchecked(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    slugs = dict.fromkeys(passage.get("source") or "" for _, passage in passages_with_paths(record))
    missing = [slug for slug in slugs if slug and context.texts.get(slug) is None]
    if missing:
        yield "sources", f"No text is held of {', '.join(missing)}: see for yourself that its words are quoted rightly."


PASSAGE_RULES = (
    RecordRule("passage-source", "warning", "passage of a source that is not cited", _passage_source),
    ContextRule("passage-words", "error", "passage whose words are not in the source", _passage_words),
    ContextRule("passage-unchecked", "note", "passages that could not be checked", _unchecked),
)
