"""Years, from dates however they are written: the day and the month may be unclear, the year must not."""

from __future__ import annotations

import re
import unicodedata
from calendar import month_name
from datetime import date
from functools import cache

from .names import folded, translations
from .problems import Problem, error
from .texts import Cleaned, is_empty

FIRST, LAST = 1000, 2100
LONGEST = 60

ISO = re.compile(r"(?P<year>\d{4})([-/.](?P<month>\d{1,2})([-/.](?P<day>\d{1,2}))?)?([T ]\d{1,2}:\d{2}.*)?")
NUMBERS = re.compile(r"((?P<day>\d{1,2})[-/. ]+)?(?P<month>\d{1,2})[-/. ]+(?P<year>\d{4})([T ]\d{1,2}:\d{2}.*)?")
POINT_ZERO = re.compile(r"(\d{4})\.0+")
TWO = re.compile(r"\d{4}\s*(-|–|—|/|to|until|bis)\s*(\d{4}|\d{2})", re.IGNORECASE)
ABOUT = re.compile(r"(\D*\b|~\s*)\d{4}(s|er|[’']s)?\W*(\?|s|ca\.?|or (so|later|earlier))?", re.IGNORECASE)
FILLERS = frozenset({"of", "de", "del", "the", "den", "st", "er", "nd", "rd", "th"})
MONTHS = list(month_name)[1:]

NO_YEAR = "This is no year. Write it with four digits (2014), or as a date (2014-03-01)."
NO_DAY = "There is no such day. Correct it, or write the year alone."
TWO_YEARS = "These are two years. Write the first into the column of the start, the last into the column of the end."
NOT_EXACT = (
    "This says a year that is not exact. Write the year alone (2014), and “about”, “by” or “decade” into the column "
    "of its precision."
)
OUT_OF_RANGE = f"A year lies between {FIRST} and {LAST}. Write it with four digits."


def year(value: object) -> Cleaned[int]:
    """Return the year of a year or a date.

    >>> year("2014-03-01")[0], year("March 2014")[0], year("01/02/2014")[0], year(2014.0)[0]
    (2014, 2014, 2014, 2014)
    """
    if is_empty(value):
        return None, None
    if isinstance(value, date):
        found: int | None = value.year
    elif isinstance(value, int | float):
        found = int(value) if float(value).is_integer() and not isinstance(value, bool) else None
    else:
        return _written(value) if isinstance(value, str) else (None, error(NO_YEAR, value))
    if found is None:
        return None, error(NO_YEAR, value)
    return _in_range(found, value)


def in_order(start: int | None, end: int | None, *, start_column: str, end_column: str) -> Problem | None:
    """Say that a case ends before it starts."""
    if start is None or end is None or start <= end:
        return None
    what = (
        f"The end ({end}, in “{end_column}”) is before the start ({start}, in “{start_column}”). "
        "Correct one of them, or exchange them."
    )
    return error(what, f"{start}–{end}").at(None, end_column)


def _in_range(found: int, given: object) -> Cleaned[int]:
    return (found, None) if FIRST <= found <= LAST else (None, error(OUT_OF_RANGE, given))


def _written(given: str) -> Cleaned[int]:
    text = unicodedata.normalize("NFKC", given).strip()
    if len(text) > LONGEST:
        return None, error(NO_YEAR, given)
    whole = POINT_ZERO.sub(r"\1", text)
    match = ISO.fullmatch(whole) or NUMBERS.fullmatch(whole)
    if TWO.fullmatch(whole) and (not match or not _is_day(match) or _is_season(whole)):
        return None, error(TWO_YEARS, given)
    if match:
        found, problem = _in_range(int(match["year"]), given)
        return (found, problem) if problem or _is_day(match) else (None, error(NO_DAY, given))
    return _in_words(text, given)


def _is_season(text: str) -> bool:
    """Return whether a text is a year and the next one, as in 2004/05; with a hyphen, that is a month."""
    first, _, second = text.partition("/")
    return len(first) == 4 and len(second) == 2 and (int(first) + 1) % 100 == int(second)


def _is_day(match: re.Match[str]) -> bool:
    """Return whether there is such a day, in either order of the day and the month."""
    wanted, month = int(match["year"]), int(match["month"] or 1)
    if match["day"] is None:
        return _exists(wanted, month, 1)
    day = int(match["day"])
    return any(_exists(wanted, *order) for order in ((month, day), (day, month)))


def _exists(wanted: int, month: int, day: int) -> bool:
    try:
        date(wanted, month, day)
    except ValueError:
        return False
    return True


def _in_words(text: str, given: str) -> Cleaned[int]:
    """Return the year of a date with the name of its month; say what to do with anything else."""
    numbers = re.findall(r"\d+", text)
    years = [number for number in numbers if len(number) == 4]
    words = [word for word in folded(re.sub(r"\d+", " ", text)).split() if word not in FILLERS]
    if TWO.search(text) or len(years) > 1:
        return None, error(TWO_YEARS, given)
    if len(years) == 1 and words and all(word in _months() for word in words):
        days = [int(number) for number in numbers if number not in years]
        right = len(words) == 1 and len(days) < 2 and all(1 <= day <= 31 for day in days)
        return _in_range(int(years[0]), given) if right else (None, error(NO_DAY, given))
    return None, error(NOT_EXACT if ABOUT.fullmatch(text) else NO_YEAR, given)


@cache
def _months() -> frozenset[str]:
    """Return what months are called, whole and by their first three letters, in all languages that Django speaks."""
    called = {folded(name[:length]) for name in MONTHS for length in (3, 4, None)}
    for language in translations("django.conf"):
        called.update(folded(language.gettext(name)) for name in MONTHS)
        called.update(folded(language.pgettext("alt. month", name)) for name in MONTHS)
        called.update(folded(language.pgettext("abbrev. month", f"{name[:3]}.")) for name in MONTHS)
    return frozenset(called)
