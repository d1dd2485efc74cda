"""JSON as rows: an array of objects, an object with such an array as `results`, or JSON Lines; nested values are kept.

The text is in memory as a whole; its objects are made one by one. What JSON readers disagree on (a key given twice,
NaN, endless numbers) refuses its row; what is not JSON refuses the file.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any, BinaryIO, NamedTuple, NoReturn

from django.core.files import File

from .bounds import (
    MAX_CELL_LENGTH,
    FileTooLarge,
    FileUnreadable,
    bounded_file,
    check_count,
    check_width,
    is_workbook,
)
from .decoding import detect_encoding
from .problems import Problem, error
from .rows import FileRow, FileTable, Header

MAX_JSON_DEPTH = 20
MAX_JSON_DIGITS = 18
"""Digits of a whole number, within what a database can store."""

JSON_WHITESPACE = re.compile(r"[ \t\n\r]*")
RESULTS_KEY = "results"


class JsonItem(NamedTuple):
    """A value of the list, its first line, and what is wrong with it."""

    line: int
    value: Any
    problems: tuple[Problem, ...]


def read_json_table(given: BinaryIO | File, name: str) -> FileTable:
    """The objects of a JSON file as rows, numbered from 1; a row has only the keys of its object.

    The file is read through once, so that `FileRefused` is raised here and not while rows are read.
    """
    file = bounded_file(given)
    if is_workbook(file, name):
        raise FileUnreadable("The file is called JSON but is a workbook. Give it the ending .xlsx.")
    decoding = detect_encoding(file)
    file.seek(0)
    text = file.read().decode(decoding.codec)
    total, names = 0, dict[str, int]()
    for item in _Document(text).items():
        total += 1
        check_count(total)
        if isinstance(item.value, dict):
            for key in item.value:
                names.setdefault(key, len(names))
            check_width(len(names), "The file")
    headers = [Header(key, "", index, key) for key, index in names.items()]
    notes = [decoding.note] if decoding.note else []

    def rows() -> Iterator[FileRow]:
        for number, item in enumerate(_Document(text).items(), start=1):
            yield _row(number, item)

    return FileTable(headers, rows, total, decoding.label, "JSON", notes)


def _row(number: int, item: JsonItem) -> FileRow:
    """An object as a row, refused if something is wrong with it."""
    if not isinstance(item.value, dict):
        what = error("This is no object. Give each case as an object: { … } with names and values.", item.value)
        return FileRow(number, item.line, {}, (what.at(number, ""),))
    problems = [*item.problems, *(_unnamed(key) for key in item.value if not (key.isprintable() and key.strip()))]
    placed = tuple(problem.at(number, problem.column) for problem in problems)
    return FileRow(number, item.line, {} if placed else item.value, placed)


def _unnamed(key: str) -> Problem:
    return error("A name in this object is empty, or has characters that cannot be seen. Write it anew.", key)


class _Document:
    """A JSON text while it is parsed; `problems` are those of the value that is being made."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=self._int, parse_float=self._float, parse_constant=self._constant
        )
        self.line, self.counted = 1, 0

    def items(self) -> Iterator[JsonItem]:
        at = self._skip(0)
        if at == len(self.text):
            self._refuse("Nothing stands", at)
        if self.text.startswith("[", at):
            at = yield from self._array(at)
        elif self._wraps(at):
            at = yield from self._wrapper(at)
        else:
            yield from self._lines(at)
            return
        if at < len(self.text):
            self._refuse("There is more after the end of the list", at)

    def _lines(self, at: int) -> Iterator[JsonItem]:
        """The values of JSON Lines."""
        while at < len(self.text):
            item, end = self._item(at)
            yield item
            at = self._skip(end)
            if at < len(self.text) and "\n" not in self.text[end:at] and "\r" not in self.text[end:at]:
                self._refuse("Begin each object on a line of its own, or separate them by commas in a list", at)

    def _array(self, at: int) -> Generator[JsonItem, None, int]:
        """The values of the list that opens at `at`; returns the position after it."""
        at = self._skip(at + 1)
        if self.text.startswith("]", at):
            return self._skip(at + 1)
        while True:
            item, at = self._item(at)
            yield item
            at = self._skip(at)
            if self.text.startswith("]", at):
                return self._skip(at + 1)
            at = self._expect(",", at)

    def _wraps(self, at: int) -> bool:
        """Whether the object that opens at `at` has a list of objects as `results`."""
        found = next((value for key, value in self._members(at) if key == RESULTS_KEY), None)
        return (
            found is not None
            and self.text.startswith("[", found)
            and self.text.startswith(("{", "]"), self._skip(found + 1))
        )

    def _members(self, at: int) -> Iterator[tuple[str, int]]:
        """The keys of the object that opens at `at`, with the positions of their values, up to the first error."""
        if not self.text.startswith("{", at):
            return
        at = self._skip(at + 1)
        while self.text.startswith('"', at):
            key, value = self._key(at)
            yield key, value
            at = self._after(value)
            if not self.text.startswith(",", at):
                return
            at = self._skip(at + 1)

    def _wrapper(self, at: int) -> Generator[JsonItem, None, int]:
        """The values in `results` of the object that opens at `at`; returns the position after the object."""
        at = self._skip(at + 1)
        while True:
            key, at = self._key(at)
            if key == RESULTS_KEY:
                at = yield from self._array(at)
            else:
                at = self._after(at)
            if self.text.startswith("}", at):
                return self._skip(at + 1)
            at = self._expect(",", at)

    def _key(self, at: int) -> tuple[str, int]:
        """The key at `at`, and the position of its value."""
        if not self.text.startswith('"', at):
            self._refuse("Expecting a name in quotation marks", at)
        key, end = self._value(at)
        return key, self._expect(":", self._skip(end))

    def _after(self, at: int) -> int:
        """The position after the value at `at`."""
        return self._skip(self._value(at)[1])

    def _item(self, at: int) -> tuple[JsonItem, int]:
        self.line += self.text.count("\n", self.counted, at)
        self.counted = at
        self.problems = []
        value, end = self._value(at)
        self._look_through(value)
        return JsonItem(self.line, value, tuple(self.problems)), end

    def _value(self, at: int) -> tuple[Any, int]:
        """The value at `at`, and the position after it."""
        try:
            return self.decoder.raw_decode(self.text, at)
        except json.JSONDecodeError as problem:
            self._refuse(problem.msg, problem.pos)
        except RecursionError:
            self._refuse(f"Values are nested more than {MAX_JSON_DEPTH} deep", at)

    def _skip(self, at: int) -> int:
        found = JSON_WHITESPACE.match(self.text, at)
        return found.end() if found else at

    def _expect(self, sign: str, at: int) -> int:
        """The position after `sign`."""
        if not self.text.startswith(sign, at):
            self._refuse(f"Expecting “{sign}”", at)
        return self._skip(at + 1)

    def _refuse(self, what: str, at: int) -> NoReturn:
        place = json.JSONDecodeError(what, self.text, at)
        raise FileUnreadable(
            f"The file is no valid JSON: {what} in line {place.lineno}, column {place.colno}. Mend it there; "
            "expected is a list of objects, an object with such a list as “results”, or an object on each line."
        )

    def _look_through(self, value: Any) -> None:
        """Note what is nested too deep, and refuse texts that are too long."""
        level = [value]
        for _ in range(MAX_JSON_DEPTH):
            for each in level:
                if isinstance(each, str) and len(each) > MAX_CELL_LENGTH:
                    raise FileTooLarge(
                        f"Line {self.line} has a text of more than {MAX_CELL_LENGTH:,} characters. Shorten it."
                    )
            level = [inner for each in level for inner in _inside(each)]
            if not level:
                return
        self.problems.append(error(f"Values are nested more than {MAX_JSON_DEPTH} deep. Write them side by side."))

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
            self.problems.append(error(f"“{twice}” is given twice in one object. Keep one of them.", found[twice]))
        return found

    def _int(self, digits: str) -> int | None:
        if len(digits.lstrip("-")) > MAX_JSON_DIGITS:
            self.problems.append(error(f"A whole number has at most {MAX_JSON_DIGITS} digits.", digits))
            return None
        return int(digits)

    def _float(self, digits: str) -> float | None:
        number = float(digits)
        if not math.isfinite(number):
            self.problems.append(error("This number is too large. Write it with fewer digits, or as text.", digits))
            return None
        return number

    def _constant(self, name: str) -> None:
        self.problems.append(error(f"“{name}” is no number. Write null where there is none.", name))


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
