"""Years and figures: in order, near one another, and with words that hold the number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from cases.records import NUMBERS

from .passages import cited
from .rule import Beside, Finding, Own, Record, block, parts
from .surroundings import Surroundings

EARLIEST = 1800
FAR = 15  # years: a figure may come before a case began, or long after it ended; not so long

# Years ---------------------------------------------------------------------------------------------------------------


def _dated(record: Record) -> Iterator[tuple[str, int]]:
    """Yield each year that a record names, with its path."""
    for outer, names in (("eligibility", ["since"]), ("years", ["start", "end"])):
        yield from _numbers(block(record, outer), f"{outer}.", names)
    for path, claim in parts(record, "claims"):
        yield from _numbers(claim, f"{path}.", ["year_from", "year_to"])


def _numbers(said: Record, path: str, names: list[str]) -> Iterator[tuple[str, int]]:
    yield from ((f"{path}{name}", year) for name in names if isinstance(year := said.get(name), int))


def _order(record: Record) -> Iterator[Finding]:
    pairs = [("years.end", block(record, "years"), "start", "end")]
    pairs += [(f"{path}.year_to", claim, "year_from", "year_to") for path, claim in parts(record, "claims")]
    for path, said, first, last in pairs:
        if said.get(first) and said.get(last) and said[last] < said[first]:
            yield path, f"The last year, {said[last]}, is before the first, {said[first]}: see which of them is wrong."


def _future(record: Record, around: Surroundings) -> Iterator[Finding]:
    for path, year in _dated(record):
        if year > around.year:
            yield path, f"{year} is yet to come: see what the source says."


def _early(record: Record) -> Iterator[Finding]:
    for path, year in _dated(record):
        if year < EARLIEST:
            yield path, f"{year} is long ago for co-delivery: see whether a digit is wrong."


def _apart(record: Record, around: Surroundings) -> Iterator[Finding]:
    years = block(record, "years")
    known = [year for year in (years.get("start"), years.get("end")) if isinstance(year, int)]
    if not known:
        return
    first, last = min(known), around.year if years.get("ongoing") else max(known)
    for path, year in _dated(record):
        if path.startswith("claims") and not first - FAR <= year <= last + FAR:
            yield path, f"{year} is far from the years of the case: see which of them is wrong."


# Figures -------------------------------------------------------------------------------------------------------------

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS: dict[str, int] = {
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
"""Numbers in words, as far as sources write figures so."""

SCALES = {
    "hundred": 100,
    **dict.fromkeys(["thousand", "k"], 1_000),
    **dict.fromkeys(["million", "millions", "m", "mn"], 1_000_000),
    **dict.fromkeys(["billion", "billions", "bn"], 1_000_000_000),
}
NUMBER = re.compile(r"(\d+(?:[.,\u00a0\u202f ]\d+)*)[\s-]*([a-z]+)?|([a-z]+)", re.IGNORECASE)


def numbers_in(words: str) -> set[Decimal]:
    """Return the numbers that words may mean: "over 1.4 million", "1,200", "1.200", "two thirds", "twenty-five".

    >>> sorted(map(int, numbers_in("two thirds of 1,200")))
    [1, 2, 3, 12, 200, 1200, 1200]
    """
    found: set[Decimal] = set()
    before: Decimal | None = None
    for digits, scale, word in NUMBER.findall(words.casefold()):
        read = set(_read(digits)) if digits else {Decimal(WORDS[word])} if word in WORDS else set()
        times = SCALES.get(scale or word)
        found |= read | {number * SCALES[scale] for number in read if scale in SCALES}
        if before is not None and not digits:
            found |= {before * times} if times else {before + number for number in read if before % 10 == 0}
        before = next(iter(read), None) if word in WORDS and not times else None
    return found


def _read(digits: str) -> Iterator[Decimal]:
    """Yield what digits may mean: a comma, a point or a space parts thousands, decimals, or one number from another."""
    pieces = re.split(r"[.,\u00a0\u202f ]", digits)
    ways = ["".join(pieces), *pieces]
    if len(pieces) > 1:
        ways.append(f"{''.join(pieces[:-1])}.{pieces[-1]}")
    for way in ways:
        try:
            yield Decimal(way)
        except InvalidOperation:
            continue


def _words(record: Record) -> Iterator[Finding]:
    for path, claim in parts(record, "claims"):
        said = numbers_in(claim.get("as_stated") or "")
        missing = [name for name in NUMBERS if claim.get(name) is not None and Decimal(str(claim[name])) not in said]
        if missing and not _is_share(claim, missing):
            figures = " and ".join(f"{claim[name]:,}" for name in missing)
            yield f"{path}.{missing[0]}", f"The words “{claim.get('as_stated', '')[:80]}” do not hold {figures}."


def _is_share(claim: Any, missing: list[str]) -> bool:
    """Tell whether only one of a figure and its denominator stands in the words: "a third", "the tenth"."""
    return claim.get("out_of") is not None and len(missing) == 1


def _source(record: Record) -> Iterator[Finding]:
    known = cited(record)
    for path, claim in parts(record, "claims"):
        if not claim.get("source"):
            yield f"{path}.source", "Say which source gives this figure."
        elif claim["source"] not in known:
            yield f"{path}.source", f"{claim['source']} is not among the sources of the case: cite it there."


RULES = (
    Own("years-order", "error", "last year before the first", _order),
    Beside("years-future", "error", "year that is yet to come", _future),
    Own("years-early", "warning", f"year before {EARLIEST}", _early),
    Beside("years-apart", "warning", "figure far from the years of its case", _apart),
    Own("figure-words", "warning", "figure that its words do not hold", _words),
    Own("figure-source", "warning", "figure of a source that is not cited", _source),
)
