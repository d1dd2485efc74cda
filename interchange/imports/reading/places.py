"""Where a place is: latitude and longitude, in degrees or in degrees, minutes and seconds."""

from __future__ import annotations

import re

from .problems import Problem, error, warning
from .texts import is_empty

Point = tuple[float, float]

COORDINATE_DECIMALS = 4
"""Decimals of a degree that are stored: eleven metres."""
MAX_COORDINATE_TEXT = 80

DEGREES_PATTERN = re.compile(
    r"""(?P<before>[NSEW])?\s*
        (?P<sign>[+-])?\s*(?P<degrees>\d{1,3}(?:\.\d+)?)\s*°?\s*
        (?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*'\s*)?
        (?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:"|'')\s*)?
        (?P<after>[NSEW])?""",
    re.VERBOSE | re.IGNORECASE,
)
COORDINATE_SIGNS = "+-"
DEGREE_MARKS = str.maketrans("’′´‘º˚−–″”“,", "''''°°--\"\"\".")  # noqa: RUF001 - what people write for these signs

NOT_DEGREES = (
    "These are no degrees. Write them with a point (51.5074; south and west with a minus), "
    "or as degrees, minutes and seconds (51° 30' 26\" N)."
)
COORDINATES_OUT_OF_RANGE = "A latitude lies between −90 and 90, a longitude between −180 and 180."
NULL_ISLAND_MESSAGE = "0, 0 is a point in the sea, written where nobody knew the place. It was left out."
COORDINATE_MISSING = "A place has a latitude and a longitude, or neither. Write the other one, too, or empty this one."


def clean_coordinates(latitude: object, longitude: object = None) -> tuple[Point | None, Problem | None]:
    r"""A point from a latitude and a longitude, or from one text that has both.

    >>> clean_coordinates("51.5074° N", "0° 7' 40\" W")[0]
    (51.5074, -0.1278)
    >>> clean_coordinates("51.5, -0.12")[0], clean_coordinates(0, 0)[0]
    ((51.5, -0.12), None)
    """
    if is_empty(longitude) and isinstance(latitude, str) and (both := _both(latitude)):
        latitude, longitude = both
    if is_empty(latitude) and is_empty(longitude):
        return None, None
    given = ", ".join(str(value) for value in (latitude, longitude) if not is_empty(value))
    degrees = [_degrees(latitude, "NS"), _degrees(longitude, "EW")]
    stated = [each for each, value in zip(degrees, (latitude, longitude), strict=True) if not is_empty(value)]
    if not any(each != 0 for each in stated):
        return None, warning(NULL_ISLAND_MESSAGE, given)
    if len(stated) == 1:
        return None, error(COORDINATE_MISSING, given)
    north, east = degrees
    if north is None or east is None:
        return None, error(NOT_DEGREES, given)
    return _in_range(north, east, given)


def _both(text: str) -> tuple[str, str] | None:
    """The latitude and the longitude in one text; a single comma between digits is a decimal one."""
    parts = (
        re.split(r"\s*;\s*|,\s+|(?<=[NSns])\s*,?\s+(?=\d)", text.strip()) if len(text) <= MAX_COORDINATE_TEXT else []
    )
    if len(parts) == 1 and text.count(",") == 1 and "." in text:
        parts = text.split(",")
    return (parts[0], parts[1]) if len(parts) == 2 else None


def _degrees(value: object, letters: str) -> float | None:
    """Degrees, negative to the south and to the west; None if there are none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = value.translate(DEGREE_MARKS).strip() if isinstance(value, str) else ""
    match = DEGREES_PATTERN.fullmatch(text) if len(text) <= MAX_COORDINATE_TEXT else None
    if match is None:
        return None
    directions = [match[name].upper() for name in ("before", "sign", "after") if match[name]]
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    if len(directions) > 1 or not {*directions} <= {*letters, *COORDINATE_SIGNS} or max(minutes, seconds) >= 60:
        return None
    found = float(match["degrees"]) + minutes / 60 + seconds / 3600
    return -found if {*directions} & {"-", "S", "W"} else found


def _in_range(north: float, east: float, given: str) -> tuple[Point | None, Problem | None]:
    if abs(north) <= 90 and abs(east) <= 180:
        return (round(north, COORDINATE_DECIMALS), round(east, COORDINATE_DECIMALS)), None
    swapped = " Are the two exchanged?" if abs(east) <= 90 and abs(north) <= 180 else ""
    return None, error(f"{COORDINATES_OUT_OF_RANGE}{swapped}", given)
