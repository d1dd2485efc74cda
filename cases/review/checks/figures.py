"""Checks of years and figures: in order, close together, and quoted in words that contain the number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from cases.record.convert import CLAIM_NUMBERS, PrimitiveRecord

from .context import CheckContext
from .passages import cited_sources
from .rule import ContextRule, PathFinding, RecordRule, block_or_empty, parts_with_paths

EARLIEST_YEAR = 1800
MAX_YEARS_APART = 15  # years that a figure may lie before the start or after the end of a case

# Years ---------------------------------------------------------------------------------------------------------------


def _years(record: PrimitiveRecord) -> Iterator[tuple[str, int]]:
    """Yield each year in a record as (path, year)."""
    for outer, names in (("eligibility", ["since"]), ("years", ["start", "end"])):
        yield from _years_in(block_or_empty(record, outer), f"{outer}.", names)
    for path, claim in parts_with_paths(record, "claims"):
        yield from _years_in(claim, f"{path}.", ["year_from", "year_to"])


def _years_in(stated: PrimitiveRecord, path: str, names: list[str]) -> Iterator[tuple[str, int]]:
    yield from ((f"{path}{name}", year) for name in names if isinstance(year := stated.get(name), int))


def _order(record: PrimitiveRecord) -> Iterator[PathFinding]:
    pairs = [("years.end", block_or_empty(record, "years"), "start", "end")]
    pairs += [(f"{path}.year_to", claim, "year_from", "year_to") for path, claim in parts_with_paths(record, "claims")]
    for path, stated, first, last in pairs:
        if stated.get(first) and stated.get(last) and stated[last] < stated[first]:
            yield (
                path,
                f"The last year, {stated[last]}, is before the first, {stated[first]}: see which of them is wrong.",
            )


def _future(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    for path, year in _years(record):
        if year > context.year:
            yield path, f"{year} is yet to come: see what the source says."


def _early(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for path, year in _years(record):
        if year < EARLIEST_YEAR:
            yield path, f"{year} is long ago for co-delivery: see whether a digit is wrong."


def _apart(record: PrimitiveRecord, context: CheckContext) -> Iterator[PathFinding]:
    years = block_or_empty(record, "years")
    known = [year for year in (years.get("start"), years.get("end")) if isinstance(year, int)]
    if not known:
        return
    first, last = min(known), context.year if years.get("ongoing") else max(known)
    for path, year in _years(record):
        if path.startswith("claims") and not first - MAX_YEARS_APART <= year <= last + MAX_YEARS_APART:
            yield path, f"{year} is far from the years of the case: see which of them is wrong."


# Figures -------------------------------------------------------------------------------------------------------------

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS: dict[str, int] = {
    **{word: number for number, word in enumerate(f"{_UNITS} seventeen eighteen nineteen".split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), 2)},
    **dict.fromkeys(["a", "an", "once", "single", "first", "sole"], 1),
    **dict.fromkeys(["twice", "both", "couple", "pair", "second", "half", "double"], 2),
    **dict.fromkeys(["third", "thirds", "thrice", "triple"], 3),
    **dict.fromkeys(["quarter", "quarters", "fourth", "quadruple"], 4),
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
    **{
        f"{word}{many}": number
        for number, word in enumerate(["fif", "six", "seven", "eigh", "nin", "ten"], 5)
        for many in ("th", "ths")
    },
}
"""Number words as sources use them."""

NUMBER_SCALES = {
    "hundred": 100,
    **dict.fromkeys(["thousand", "k"], 1_000),
    **dict.fromkeys(["million", "millions", "m", "mn"], 1_000_000),
    **dict.fromkeys(["billion", "billions", "bn"], 1_000_000_000),
}
NUMBER_IN_TEXT = re.compile(r"(\d+(?:[.,\u00a0\u202f ]\d+)*)[\s-]*([a-z]+)?|([a-z]+)", re.IGNORECASE)


def numbers_in(words: str) -> set[Decimal]:
    """All numbers that a text may express: "over 1.4 million", "1,200", "1.200", "two thirds", "twenty-five".

    >>> sorted(map(int, numbers_in("two thirds of 1,200")))
    [1, 2, 3, 12, 200, 1200, 1200]
    """
    found: set[Decimal] = set()
    before: Decimal | None = None
    for digits, scale, word in NUMBER_IN_TEXT.findall(words.casefold()):
        read = (
            set(_parse_digits(digits)) if digits else {Decimal(NUMBER_WORDS[word])} if word in NUMBER_WORDS else set()
        )
        times = NUMBER_SCALES.get(scale or word)
        found |= read | {number * NUMBER_SCALES[scale] for number in read if scale in NUMBER_SCALES}
        if before is not None and not digits:
            found |= {before * times} if times else {before + number for number in read if before % 10 == 0}
        before = next(iter(read), None) if word in NUMBER_WORDS and not times else None
    return found


def _parse_digits(digits: str) -> Iterator[Decimal]:
    """Yield possible readings: a comma, point or space may separate thousands, decimals or two numbers."""
    pieces = re.split(r"[.,\u00a0\u202f ]", digits)
    readings = ["".join(pieces), *pieces]
    if len(pieces) > 1:
        readings.append(f"{''.join(pieces[:-1])}.{pieces[-1]}")
    for reading in readings:
        try:
            yield Decimal(reading)
        except InvalidOperation:
            continue


def _figure_words(record: PrimitiveRecord) -> Iterator[PathFinding]:
    for path, claim in parts_with_paths(record, "claims"):
        stated = numbers_in(claim.get("as_stated") or "")
        missing = [
            name for name in CLAIM_NUMBERS if claim.get(name) is not None and Decimal(str(claim[name])) not in stated
        ]
        if missing and not _is_share(claim, missing):
            figures = " and ".join(f"{claim[name]:,}" for name in missing)
            yield f"{path}.{missing[0]}", f"The words “{claim.get('as_stated', '')[:80]}” do not hold {figures}."


def _is_share(claim: Any, missing: list[str]) -> bool:
    """Whether the words contain only the numerator or only the denominator: "a third", "the tenth"."""
    return claim.get("out_of") is not None and len(missing) == 1


def _figure_source(record: PrimitiveRecord) -> Iterator[PathFinding]:
    known = cited_sources(record)
    for path, claim in parts_with_paths(record, "claims"):
        if not claim.get("source"):
            yield f"{path}.source", "Say which source gives this figure."
        elif claim["source"] not in known:
            yield f"{path}.source", f"{claim['source']} is not among the sources of the case: cite it there."


FIGURE_RULES = (
    RecordRule("years-order", "error", "last year before the first", _order),
    ContextRule("years-future", "error", "year that is yet to come", _future),
    RecordRule("years-early", "warning", f"year before {EARLIEST_YEAR}", _early),
    ContextRule("years-apart", "warning", "figure far from the years of its case", _apart),
    RecordRule("figure-words", "warning", "figure that its words do not hold", _figure_words),
    RecordRule("figure-source", "warning", "figure of a source that is not cited", _figure_source),
)
