"""Checks of titles and summaries: present, short, not the same as another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cases.record.convert import PrimitiveRecord
from cases.search.text import fold

from .context import CheckContext
from .duplicates import CaseTitle
from .rule import ContextRule, PathFinding, RecordRule

MAX_SUMMARY_SENTENCES = 3
MAX_NAMED_DUPLICATES = 3  # in one message
SENTENCE_END = re.compile(r"[.!?]['’”\")]*\s+(?=[A-ZÀ-Þ“\"'(])")


def _title_missing(record: PrimitiveRecord) -> Iterator[PathFinding]:
    if not (record.get("title") or "").strip():
        yield "title", "Give the case a title."


def _title_twice(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    folded = fold(record.get("title") or "")
    same = context.titles.same(folded, context.own) if folded else []
    if same:
        yield "title", f"{_names(same)} is called the same. If it is the same case, merge them; else tell them apart."


def _title_alike(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    places = [context.countries[slug] for slug in record.get("places") or [] if slug in context.countries]
    wanted = CaseTitle.of("", record.get("title") or "", places, record.get("places") or [])
    similar = [each for each, _ in context.titles.similar(wanted, context.own) if each.folded != wanted.folded]
    if similar:
        yield "title", f"{_names(similar)} is called nearly the same. See whether it is the same case."


def _names(titles: Iterable[CaseTitle]) -> str:
    names = [f"“{each.title}” ({each.slug})" for each in titles]
    more = f" and {len(names) - MAX_NAMED_DUPLICATES} more" if len(names) > MAX_NAMED_DUPLICATES else ""
    return ", ".join(names[:MAX_NAMED_DUPLICATES]) + more


def _summary_missing(record: PrimitiveRecord) -> Iterator[PathFinding]:
    if not (record.get("summary") or "").strip():
        yield "summary", "Say in one or two sentences what it is."


def _summary_long(record: PrimitiveRecord) -> Iterator[PathFinding]:
    number = len(SENTENCE_END.split((record.get("summary") or "").strip()))
    if number > MAX_SUMMARY_SENTENCES:
        yield "summary", f"It has {number} sentences: keep one or two, and tell the rest in the narrative."


def _summary_is_title(record: PrimitiveRecord) -> Iterator[PathFinding]:
    summary = fold(record.get("summary") or "")
    if summary and summary == fold(record.get("title") or ""):
        yield "summary", "It only repeats the title: say what was done, by whom, with which public service."


TITLE_RULES = (
    RecordRule("title-missing", "error", "no title", _title_missing),
    ContextRule("title-twice", "error", "called as another case is", _title_twice),
    ContextRule("title-alike", "warning", "called nearly as another case is", _title_alike),
    RecordRule("summary-missing", "error", "no summary", _summary_missing),
    RecordRule("summary-long", "warning", "summary of more than three sentences", _summary_long),
    RecordRule("summary-is-title", "warning", "summary that only repeats the title", _summary_is_title),
)
