"""Opens any file of cases as a table."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import BinaryIO

from django.core.files import File

from .bounds import bounded_file
from .documents import read_json_table
from .rows import FileTable
from .tables import read_table

JSON_SUFFIXES = {".json", ".jsonl", ".ndjson"}
JSON_START = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[{\]])')
"""The beginnings of JSON: an object, or a list of objects."""


def open_table(given: BinaryIO | File, name: str, *, sheet: str = "") -> FileTable:
    """The table in a file: JSON by the ending of its name or its first character, otherwise a workbook or CSV.

    `sheet` names the sheet of a workbook. Raises `FileRefused` if the file cannot be read.
    """
    file = bounded_file(given)
    if PurePath(name).suffix.lower() in JSON_SUFFIXES or _begins_like_json(file, name):
        return read_json_table(file, name)
    return read_table(file, name, sheet=sheet)


def _begins_like_json(file: BinaryIO, name: str) -> bool:
    """Whether a file begins like JSON."""
    file.seek(0)
    named = PurePath(name).suffix.lower() in {".csv", ".tsv", ".txt", ".xlsx"}
    return not named and bool(JSON_START.match(file.read(1024)))
