"""Titles and summaries: there, short, their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cases.words import fold

from .alike import Title
from .rule import Beside, Finding, Own, Record
from .surroundings import Surroundings

SENTENCES = 3
NAMED = 3  # of the cases that are called alike
SENTENCE_END = re.compile(r"[.!?]['’”\")]*\s+(?=[A-ZÀ-Þ“\"'(])")


def _title_missing(record: Record) -> Iterator[Finding]:
    if not (record.get("title") or "").strip():
        yield "title", "Give the case a title."


def _title_twice(record: Record, around: Surroundings) -> Iterator[Finding]:
    folded = fold(record.get("title") or "")
    same = around.titles.same(folded, around.own) if folded else []
    if same:
        yield "title", f"{_named(same)} is called the same. If it is the same case, merge them; else tell them apart."


def _title_alike(record: Record, around: Surroundings) -> Iterator[Finding]:
    places = [around.countries[slug] for slug in record.get("places") or [] if slug in around.countries]
    wanted = Title.of("", record.get("title") or "", places, record.get("places") or [])
    alike = [each for each, _ in around.titles.alike(wanted, around.own) if each.folded != wanted.folded]
    if alike:
        yield "title", f"{_named(alike)} is called nearly the same. See whether it is the same case."


def _named(titles: Iterable[Title]) -> str:
    listed = [f"“{each.title}” ({each.slug})" for each in titles]
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more


def _summary_missing(record: Record) -> Iterator[Finding]:
    if not (record.get("summary") or "").strip():
        yield "summary", "Say in one or two sentences what it is."


def _summary_long(record: Record) -> Iterator[Finding]:
    number = len(SENTENCE_END.split((record.get("summary") or "").strip()))
    if number > SENTENCES:
        yield "summary", f"It has {number} sentences: keep one or two, and tell the rest in the narrative."


def _summary_is_title(record: Record) -> Iterator[Finding]:
    summary = fold(record.get("summary") or "")
    if summary and summary == fold(record.get("title") or ""):
        yield "summary", "It only repeats the title: say what was done, by whom, with which public service."


RULES = (
    Own("title-missing", "error", "no title", _title_missing),
    Beside("title-twice", "error", "called as another case is", _title_twice),
    Beside("title-alike", "warning", "called nearly as another case is", _title_alike),
    Own("summary-missing", "error", "no summary", _summary_missing),
    Own("summary-long", "warning", "summary of more than three sentences", _summary_long),
    Own("summary-is-title", "warning", "summary that only repeats the title", _summary_is_title),
)
