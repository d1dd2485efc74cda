"""Delimiter-separated text (CSV, TSV, semicolons) as a stream of records; one that is too wide is refused first."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO, NamedTuple

from .bounds import (
    MAX_CELL_LENGTH,
    MAX_COLUMNS,
    MAX_ROW_LENGTH,
    FileTooLarge,
    FileUnreadable,
    cell_too_long,
    check_cell,
    check_width,
)
from .rows import RawRow

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEP_LINE = re.compile(r'"?sep=([,;\t|])"?\r?\n?$', re.IGNORECASE)
"""A first line in which spreadsheet programs name the separator."""

SNIFFED_CHARACTERS = 64 * 1024
"""Characters of the text from which the separator is found."""
SNIFFED_RECORDS = 50


class CsvDialect(NamedTuple):
    """How a text is separated, and how many lines precede the header."""

    separator: str
    skipped: int

    @property
    def label(self) -> str:
        return f"separated by {SEPARATORS[self.separator]}"


class CsvLines:
    """The lines of a text for a CSV reader; the width of a record is checked before the reader builds it."""

    def __init__(self, text: TextIOWrapper, separator: str) -> None:
        self.text = text
        self.separator = separator
        self.marks = re.compile(f'["{re.escape(separator)}]')
        self.number = 0
        self.begin()

    def begin(self) -> None:
        self.first = self.number + 1
        self.length = self.width = 0
        self.quoted = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.text.readline(MAX_ROW_LENGTH + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.length += len(line)
        if self.length > MAX_ROW_LENGTH:
            raise FileTooLarge(
                f"The row that begins in line {self.first} has more than {MAX_ROW_LENGTH:,} characters. "
                "Look for a quotation mark that is opened there and never closed."
            )
        if "\0" in line:
            raise FileUnreadable(f"Line {self.number} holds NUL, so the file is no plain text. Save it as CSV (UTF-8).")
        self._measure(line)
        return line

    def _measure(self, line: str) -> None:
        """Count the separators that are outside quotation marks."""
        if '"' in line or self.quoted:
            closed = -1
            for mark in self.marks.finditer(line):
                at = mark.start()
                if mark[0] == self.separator:
                    self.width += not self.quoted
                elif self.quoted:
                    self.quoted, closed = False, at + 1
                else:
                    self.quoted = at in (0, closed) or line[at - 1] == self.separator
                if self.width >= MAX_COLUMNS:
                    break
        else:
            self.width += line.count(self.separator)
        check_width(self.width + 1, f"Line {self.number}")


def sniff_dialect(file: BinaryIO, codec: str) -> CsvDialect:
    """How a text is separated: by the character that gives the most rows of the same width, then the most columns."""
    with open_text(file, codec) as text:
        sample = text.read(SNIFFED_CHARACTERS)
    declared = SEP_LINE.match(sample.partition("\n")[0])
    if declared:
        return CsvDialect(declared[1], 1)
    whole = len(sample) < SNIFFED_CHARACTERS
    best = max(SEPARATORS, key=lambda separator: _separator_fit(sample, separator, whole=whole))
    return CsvDialect(best, 0)


def _separator_fit(sample: str, separator: str, *, whole: bool) -> tuple[bool, float, int]:
    """How well a character separates: whether at all, the share of rows as wide as the first, the width."""
    try:
        found = [
            record for record in islice(csv.reader(_split(sample), delimiter=separator), SNIFFED_RECORDS + 1) if record
        ]
    except csv.Error:
        return False, 0, 0
    if not whole and len(found) > 1:
        found.pop()  # it may have been cut
    if not found or len(found[0]) < 2:
        return False, 0, 0
    width = len(found[0])
    same_width = sum(len(record) == width for record in found) / len(found)
    return True, round(same_width, 1), width


def _split(text: str) -> Iterator[str]:
    """The lines of a text with their ends, which may be LF, CR LF or CR."""
    for found in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text):
        yield found[0]


class open_text:  # noqa: N801 - it is used as a verb: with opened(file, codec) as text
    """A file as text from its start, with its own line ends; the file stays open afterwards."""

    def __init__(self, file: BinaryIO, codec: str) -> None:
        file.seek(0)
        self.text = TextIOWrapper(file, encoding=codec, newline="")

    def __enter__(self) -> TextIOWrapper:
        return self.text

    def __exit__(self, *_: object) -> None:
        if not self.text.closed:
            self.text.detach()


def csv_rows(file: BinaryIO, codec: str, dialect: CsvDialect) -> Iterator[RawRow]:
    """The records of a text, numbered as rows in a spreadsheet, with the lines in which they begin."""
    _allow_long_cells()
    with open_text(file, codec) as text:
        lines = CsvLines(text, dialect.separator)
        for _ in range(dialect.skipped):
            next(lines)
        reader = csv.reader(lines, delimiter=dialect.separator)
        number = 0
        while True:
            lines.begin()
            cells = _next(reader, lines)
            if cells is None:
                return
            number += 1
            for cell in cells:
                check_cell(len(cell), f"Row {number} (line {lines.first})")
            yield RawRow(number, lines.first, [cell if cell.strip() else None for cell in cells])


def _next(reader: Iterator[list[str]], lines: CsvLines) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as problem:
        if "limit" in str(problem):
            raise cell_too_long(f"The row that begins in line {lines.first}") from problem
        raise FileUnreadable(
            f"Line {lines.number} cannot be read as CSV ({problem}). Save the file again as CSV (UTF-8)."
        ) from problem


def _allow_long_cells() -> None:
    """Let CSV readers accept cells as long as ours may be.

    The limit is global, and only ever raised, for the sake of other readers; we refuse longer cells ourselves.
    """
    if csv.field_size_limit() <= MAX_CELL_LENGTH:
        csv.field_size_limit(MAX_CELL_LENGTH + 1)
