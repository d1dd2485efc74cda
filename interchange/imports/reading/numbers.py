"""Numbers as people write them; an ambiguous one is refused."""

from __future__ import annotations

import re
import unicodedata

from .problems import Problem, error, warning
from .texts import Cleaned, is_empty

MAX_DIGITS = 15
"""The digits to which numbers in spreadsheets are exact."""

NUMBER_FORMS = tuple(
    (re.compile(rf"[+-]?{form}"), dropped)
    for form, dropped in (
        (r"\d+(\.\d+)?([eE][+-]?\d{1,2})?", ""),
        (r"\d{1,3}([ ']\d{3})+([.,]\d+)?", " '"),
        (r"\d{1,3}((,\d{3}){2,}(\.\d+)?|(,\d{3})+\.\d+)", ","),
        (r"\d{1,3}((\.\d{3}){2,}(,\d+)?|(\.\d{3})+,\d+)", "."),
        (r"(0|\d+),\d{1,2}|0,\d+|\d+,\d{4,}|\d{4,},\d+", ""),
    )
)
"""Notations of numbers, with the characters to drop; a comma that remains is a decimal point."""

GROUPED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")

NOT_A_NUMBER = (
    "This is no plain number. Write digits only (200), and words such as “about” or “at least” into the column "
    "of the qualifier."
)
AMBIGUOUS_NUMBER = (
    "This can be read as two numbers, for the mark may divide thousands or decimals. Write it without that mark."
)
NUMBER_TOO_LONG = f"A number has at most {MAX_DIGITS} digits. Look whether this is one, or write it as text."


def clean_number(value: object) -> Cleaned[int | float]:
    """A number; an `int` if it is whole.

    >>> clean_number("1 234")[0], clean_number("160.0")[0], clean_number("1,234")[0], clean_number("0,5")[0]
    (1234, 160, None, 0.5)
    """
    if is_empty(value):
        return None, None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _sized(value, value)
    written, share = _written(value) if isinstance(value, str) else ("", False)
    plain = _plain(written)
    if plain is None:
        return None, error(AMBIGUOUS_NUMBER if GROUPED_THOUSANDS.fullmatch(written) else NOT_A_NUMBER, value)
    found, problem = _sized(float(plain) if re.search("[.eE]", plain) else int(plain), value)
    if share and not problem:
        problem = warning("The number was taken without “%”. Give “%” as its unit.", value)
    return found, problem


def clean_percent(value: object) -> Cleaned[int | float]:
    """A percentage as a number; the sign may be missing."""
    return clean_number(value.rstrip().removesuffix("%") if isinstance(value, str) else value)


def clean_count(value: object) -> Cleaned[int]:
    """A count, a whole number that is not negative: a comma in it can only separate thousands.

    >>> clean_count("160.0")[0], clean_count("1,234")[0], clean_count("1.234")[0], clean_count(-1)[0]
    (160, 1234, None, None)
    """
    written, share = _written(value) if isinstance(value, str) else ("", False)
    if share:
        return None, error("This is a share, but a number of things is expected. Write how many there are.", value)
    if GROUPED_THOUSANDS.fullmatch(written) and "," in written:
        whole = int(written.replace(",", ""))
        return whole, warning(f"This was read as {whole}. Write it without the comma.", value)
    found, problem = clean_number(value)
    if found is None:
        return None, problem
    if found != int(found) or found < 0:
        return None, error("A whole number is expected, 0 or more. Write how many there are.", value)
    return int(found), problem


def _written(value: str) -> tuple[str, bool]:
    """A number in ASCII, and whether a percent sign followed."""
    written = unicodedata.normalize("NFKC", value).strip().replace("−", "-").replace("’", "'")
    written = re.sub(r"\s", " ", written)
    return written.removesuffix("%").rstrip(), written.endswith("%")


def _plain(written: str) -> str | None:
    """A number as Python writes it; None if it is none, or ambiguous."""
    if len(written) > 4 * MAX_DIGITS or not written.isascii():
        return None
    dropped = next((dropped for form, dropped in NUMBER_FORMS if form.fullmatch(written)), None)
    return None if dropped is None else written.translate(str.maketrans("", "", dropped)).replace(",", ".")


def _sized(found: float, given: object) -> tuple[int | float | None, Problem | None]:
    """A finite number that is not too long; an `int` if it is whole."""
    if abs(found) >= 10**MAX_DIGITS:
        return None, error(NUMBER_TOO_LONG, given)
    return int(found) if found == int(found) else found, None
