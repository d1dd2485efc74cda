"""Years from dates in any notation: the day and the month may be ambiguous, the year may not."""

from __future__ import annotations

import re
import unicodedata
from calendar import month_name
from datetime import date
from functools import cache

from .names import fold_name, translations
from .problems import Problem, error
from .texts import Cleaned, is_empty

MIN_YEAR, MAX_YEAR = 1000, 2100
MAX_YEAR_TEXT = 60

ISO_DATE = re.compile(r"(?P<year>\d{4})([-/.](?P<month>\d{1,2})([-/.](?P<day>\d{1,2}))?)?([T ]\d{1,2}:\d{2}.*)?")
NUMERIC_DATE = re.compile(r"((?P<day>\d{1,2})[-/. ]+)?(?P<month>\d{1,2})[-/. ]+(?P<year>\d{4})([T ]\d{1,2}:\d{2}.*)?")
YEAR_AS_DECIMAL = re.compile(r"(\d{4})\.0+")
TWO_YEARS_PATTERN = re.compile(r"\d{4}\s*(-|–|—|/|to|until|bis)\s*(\d{4}|\d{2})", re.IGNORECASE)
INEXACT_YEAR = re.compile(r"(\D*\b|~\s*)\d{4}(s|er|[’']s)?\W*(\?|s|ca\.?|or (so|later|earlier))?", re.IGNORECASE)
FILLER_WORDS = frozenset({"of", "de", "del", "the", "den", "st", "er", "nd", "rd", "th"})
MONTH_NAMES = list(month_name)[1:]

NOT_A_YEAR = "This is no year. Write it with four digits (2014), or as a date (2014-03-01)."
NO_SUCH_DAY = "There is no such day. Correct it, or write the year alone."
TWO_YEARS = "These are two years. Write the first into the column of the start, the last into the column of the end."
YEAR_NOT_EXACT = (
    "This says a year that is not exact. Write the year alone (2014), and “about”, “by” or “decade” into the column "
    "of its precision."
)
YEAR_OUT_OF_RANGE = f"A year lies between {MIN_YEAR} and {MAX_YEAR}. Write it with four digits."


def clean_year(value: object) -> Cleaned[int]:
    """The year of a year or a date.

    >>> clean_year("2014-03-01")[0], clean_year("March 2014")[0], clean_year("01/02/2014")[0], clean_year(2014.0)[0]
    (2014, 2014, 2014, 2014)
    """
    if is_empty(value):
        return None, None
    if isinstance(value, date):
        found: int | None = value.year
    elif isinstance(value, int | float):
        found = int(value) if float(value).is_integer() and not isinstance(value, bool) else None
    else:
        return _written(value) if isinstance(value, str) else (None, error(NOT_A_YEAR, value))
    if found is None:
        return None, error(NOT_A_YEAR, value)
    return _in_range(found, value)


def check_year_order(start: int | None, end: int | None, *, start_column: str, end_column: str) -> Problem | None:
    if start is None or end is None or start <= end:
        return None
    what = (
        f"The end ({end}, in “{end_column}”) is before the start ({start}, in “{start_column}”). "
        "Correct one of them, or exchange them."
    )
    return error(what, f"{start}–{end}").at(None, end_column)


def _in_range(found: int, given: object) -> Cleaned[int]:
    return (found, None) if MIN_YEAR <= found <= MAX_YEAR else (None, error(YEAR_OUT_OF_RANGE, given))


def _written(given: str) -> Cleaned[int]:
    text = unicodedata.normalize("NFKC", given).strip()
    if len(text) > MAX_YEAR_TEXT:
        return None, error(NOT_A_YEAR, given)
    whole = YEAR_AS_DECIMAL.sub(r"\1", text)
    match = ISO_DATE.fullmatch(whole) or NUMERIC_DATE.fullmatch(whole)
    if TWO_YEARS_PATTERN.fullmatch(whole) and (not match or not _is_day(match) or _is_season(whole)):
        return None, error(TWO_YEARS, given)
    if match:
        found, problem = _in_range(int(match["year"]), given)
        return (found, problem) if problem or _is_day(match) else (None, error(NO_SUCH_DAY, given))
    return _in_words(text, given)


def _is_season(text: str) -> bool:
    """Whether a text is a year and the next one, as in 2004/05; with a hyphen, it would be a month."""
    first, _, second = text.partition("/")
    return len(first) == 4 and len(second) == 2 and (int(first) + 1) % 100 == int(second)


def _is_day(match: re.Match[str]) -> bool:
    """Whether there is such a day, in either order of the day and the month."""
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
    """The year of a date with the name of its month; a problem for anything else."""
    numbers = re.findall(r"\d+", text)
    years = [number for number in numbers if len(number) == 4]
    words = [word for word in fold_name(re.sub(r"\d+", " ", text)).split() if word not in FILLER_WORDS]
    if TWO_YEARS_PATTERN.search(text) or len(years) > 1:
        return None, error(TWO_YEARS, given)
    if len(years) == 1 and words and all(word in _months() for word in words):
        days = [int(number) for number in numbers if number not in years]
        right = len(words) == 1 and len(days) < 2 and all(1 <= day <= 31 for day in days)
        return _in_range(int(years[0]), given) if right else (None, error(NO_SUCH_DAY, given))
    return None, error(YEAR_NOT_EXACT if INEXACT_YEAR.fullmatch(text) else NOT_A_YEAR, given)


@cache
def _months() -> frozenset[str]:
    """The names of the months and their first three letters, in all languages of Django."""
    called = {fold_name(name[:length]) for name in MONTH_NAMES for length in (3, 4, None)}
    for language in translations("django.conf"):
        called.update(fold_name(language.gettext(name)) for name in MONTH_NAMES)
        called.update(fold_name(language.pgettext("alt. month", name)) for name in MONTH_NAMES)
        called.update(fold_name(language.pgettext("abbrev. month", f"{name[:3]}.")) for name in MONTH_NAMES)
    return frozenset(called)
