"""Passages: words that stand in their source, of sources that the case cites."""

from __future__ import annotations

from collections.abc import Iterator

from cases.record.convert import PrimitiveRecord

from .context import CheckContext
from .rule import ContextRule, PathFinding, RecordRule, passages_with_paths


def cited_sources(record: PrimitiveRecord) -> set[str]:
    """Return the slugs of the sources that a record cites."""
    return {entry["source"] for entry in record.get("sources") or [] if entry.get("source")}


def _source(record: PrimitiveRecord) -> Iterator[PathFinding]:
    known = cited_sources(record)
    for path, passage in passages_with_paths(record):
        if passage.get("source") not in known:
            yield path, f"Its source, {passage.get('source')}, is not among the sources of the case: cite it there."


def _words(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    for path, passage in passages_with_paths(record):
        text = context.texts.get(passage.get("source") or "")
        if text is not None and (what := _wrong_with(passage, text)):
            yield path, what


def _wrong_with(passage: PrimitiveRecord, text: str) -> str:
    """Say what is wrong with a passage of a text, with offsets in code points; an empty string where nothing is."""
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
    named = dict.fromkeys(passage.get("source") or "" for _, passage in passages_with_paths(record))
    unheld = [slug for slug in named if slug and context.texts.get(slug) is None]
    if unheld:
        yield "sources", f"No text is held of {', '.join(unheld)}: see for yourself that its words are quoted rightly."


PASSAGE_RULES = (
    RecordRule("passage-source", "warning", "passage of a source that is not cited", _source),
    ContextRule("passage-words", "error", "passage whose words are not in the source", _words),
    ContextRule("passage-unchecked", "note", "passages that could not be checked", _unchecked),
)
