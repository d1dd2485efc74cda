"""The XML of a workbook's large parts, read as a stream of texts and rows, without building a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from openpyxl.utils import column_index_from_string as column_of
from openpyxl.xml.constants import SHEET_MAIN_NS

from .bounds import SAVE_AS_HINT, FileUnreadable, check_cell, check_width

NAMESPACE_SEPARATOR = "|"
DIGITS = "0123456789"
ROW_TAG, CELL_TAG, VALUE_TAG, FORMULA_TAG, TEXT_TAG, STRING_TAG, PHONETIC_TAG, SHEET_DATA_TAG = (
    f"{SHEET_MAIN_NS}{NAMESPACE_SEPARATOR}{name}" for name in ("row", "c", "v", "f", "t", "si", "rPh", "sheetData")
)
XmlAttributes = dict[str, str]


class XmlStream:
    """Collects what a part of a workbook contains; subclasses handle its elements."""

    def __init__(self) -> None:
        self.pieces: list[str] | None = None
        self.length = 0
        self.sound = False
        self.over = False

    def starts(self, name: str, attributes: XmlAttributes) -> None:
        """Called at the start of an element."""

    def ends(self, name: str, text: str) -> None:
        """Called at the end of an element; `text` is its text, if that is kept."""

    def take(self) -> list[Any]:
        raise NotImplementedError

    def read(self, chunks: Iterable[bytes]) -> Iterator[Any]:
        """Read a part in chunks, and yield what was found after each."""
        parser = self._parser()
        try:
            for chunk in chunks:
                parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position only
                yield from self.take()
                if self.over:
                    return
            parser.Parse(b"", True)  # noqa: FBT003 - as above
        except (ExpatError, UnicodeError) as problem:
            raise FileUnreadable(
                f"The workbook is damaged: its XML breaks off or is not valid. {SAVE_AS_HINT}"
            ) from problem
        yield from self.take()

    def _parser(self) -> XMLParserType:
        parser = ParserCreate(namespace_separator=NAMESPACE_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _forbidden
        return parser

    def _start(self, name: str, attributes: XmlAttributes) -> None:
        if name == PHONETIC_TAG:
            self.sound = True
        elif name in {VALUE_TAG, FORMULA_TAG, TEXT_TAG} and not self.sound:
            self.pieces, self.length = [], 0
        else:
            self.starts(name, attributes)

    def _text(self, text: str) -> None:
        if self.pieces is not None:
            self.pieces.append(text)
            self.length += len(text)
            check_cell(self.length, "The workbook")

    def _end(self, name: str) -> None:
        if name == PHONETIC_TAG:
            self.sound = False
        elif not self.sound:
            self.ends(name, "".join(self.pieces or ()))
            self.pieces = None


def _forbidden(*_: object) -> NoReturn:
    raise FileUnreadable(f"The workbook has forbidden definitions in its XML. {SAVE_AS_HINT}")


class SharedStrings(XmlStream):
    """The texts that cells share."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text: list[str] = []

    def ends(self, name: str, text: str) -> None:
        """Join a text from its runs."""
        if name == TEXT_TAG:
            self.text.append(text)
        elif name == STRING_TAG:
            self.found.append("".join(self.text))
            self.text = []

    def take(self) -> list[str]:
        """Hand out what was found since."""
        found, self.found = self.found, []
        return found


class SheetCell(NamedTuple):
    """A cell that is not empty: its column from 1, its type, the number of its style, its text, its formula."""

    column: int
    kind: str
    style: int
    text: str
    formula: str | None


class SheetRows(XmlStream):
    """The rows of a sheet, each with its number from 1 and its cells that are not empty."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, list[SheetCell]]] = []
        self.number = self.column = 0
        self.cells: list[SheetCell] = []
        self.attributes: XmlAttributes = {}
        self.text = ""
        self.formula: str | None = None

    def starts(self, name: str, attributes: XmlAttributes) -> None:
        if name == CELL_TAG:
            place = attributes.get("r")
            self.column = column_of(place.rstrip(DIGITS)) if place else self.column + 1
            self.attributes, self.text, self.formula = attributes, "", None
        elif name == ROW_TAG:
            self.number = int(attributes.get("r", self.number + 1))
            self.column, self.cells = 0, []

    def ends(self, name: str, text: str) -> None:
        if name in {VALUE_TAG, TEXT_TAG}:
            self.text += text
        elif name == FORMULA_TAG:
            self.formula = text
        elif name == CELL_TAG and (self.text or self.formula is not None):
            check_width(self.column, f"Row {self.number}")
            kind, style = self.attributes.get("t", "n"), int(self.attributes.get("s", 0))
            self.cells.append(SheetCell(self.column, kind, style, self.text, self.formula))
        elif name == ROW_TAG:
            self.found.append((self.number, self.cells))
        elif name == SHEET_DATA_TAG:
            self.over = True

    def take(self) -> list[tuple[int, list[SheetCell]]]:
        """Hand out what was found since."""
        found, self.found = self.found, []
        return found
