"""The catalogue's own files: YAML in which every scalar is text, with the line of every field, and placed passages.

Types are the catalogue's to decide, not YAML's (`no` is a word, `2006` four digits); keys given twice and anchors are
mistakes.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the same in C, where PyYAML was built with it
QUOTED = "loeffler-2020"
"""The source of every passage that the files give as bare words."""


class Mistake(NamedTuple):
    """What is wrong in a file, where, and what to do."""

    file: str
    line: int
    field: str
    what: str

    def __str__(self) -> str:
        return ": ".join(filter(None, [f"{self.file}:{self.line}", self.field, self.what]))


@dataclass
class Document:
    """A YAML file, read: its data, the line on which each field stands, and what is wrong with its form."""

    name: str
    data: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, path: str, what: str) -> Mistake:
        """Return a mistake at the line of `path`, or of what holds it."""
        here = path
        while here and here not in self.lines:
            here = here[: max(here.rfind("."), here.rfind("["), 0)]
        return Mistake(self.name, self.lines.get(here, 1), path, what)


def read(path: Path, name: str = "") -> Document:
    """Read a YAML file; a file that cannot be read has its reasons in `mistakes`."""
    document = Document(name or path.name)
    try:
        node = yaml.compose(path.read_text("utf-8"), Loader=Loader)
    except FileNotFoundError:
        document.mistakes.append(Mistake(document.name, 1, "", "There is no such file; add it."))
    except UnicodeDecodeError as error:
        document.mistakes.append(Mistake(document.name, 1, "", f"Save it as UTF-8; byte {error.start} is not."))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.mistakes.append(Mistake(document.name, line, "", f"This is no YAML: {error.problem}."))
    except yaml.YAMLError as error:
        document.mistakes.append(Mistake(document.name, 1, "", f"This is no YAML: {error}."))
    else:
        document.data = _Reader(document).value(node, "") if node else None
    return document


class _Reader:
    """Turns the nodes of a document into mappings, lists and texts, noting where each stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, path: str) -> Any:
        self.document.lines[path] = node.start_mark.line + 1
        if id(node) in self.seen:
            self._mistake(path, "Write it out again instead of pointing to an anchor.")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(inner, f"{path}[{number}]") for number, inner in enumerate(node.value)]
        return node.value

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in node.value:
            name = str(key.value)
            here = f"{path}.{name}".lstrip(".")
            if name in found:
                self._mistake(here, f"This key stands twice, here on line {key.start_mark.line + 1}; keep one.")
            found[name] = self.value(inner, here)
        return found

    def _mistake(self, path: str, what: str) -> None:
        self.document.mistakes.append(self.document.mistake(path, what))


# Passages ------------------------------------------------------------------------------------------------------------


class Placed(NamedTuple):
    """Where a quotation stands in the text of its source, in code points, and which case quotes it."""

    start: int
    end: int
    sha256: str
    case: str


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def quotations(document: Document) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the bare passages of a document: field path, the mapping that holds it, its words."""
    yield from _quotations(document.data, "")


def _quotations(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}".lstrip(".")
            if name == "passage" and isinstance(inner, str):
                yield here, value, inner
            else:
                yield from _quotations(inner, here)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _quotations(inner, f"{path}[{number}]")


def place(document: Document, text: str) -> Iterator[Placed | Mistake]:
    """Yield where each quotation of a document stands in `text`; one that stands there not once is a mistake."""
    for path, _, words in quotations(document):
        times = text.count(words) if words else 0
        if times == 1:
            start = text.index(words)
            yield Placed(start, start + len(words), sha256(words), Path(document.name).stem)
        else:
            yield document.mistake(path, _what_to_do(words, times))


def _what_to_do(words: str, times: int) -> str:
    if times:
        return f"These words stand {times} times in the text; quote more of it, so that they stand once."
    return f"These words do not stand in the text; quote it character for character: “{words[:80]}”."


def written(rows: set[Placed]) -> str:
    """Return placed passages as the text of a CSV file, in the order of the source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Placed._fields)
    writer.writerows(sorted(rows))
    return out.getvalue()


def placed(path: Path) -> list[Placed]:
    """Return the rows of a file of placed passages."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [Placed(int(row["start"]), int(row["end"]), row["sha256"], row["case"]) for row in csv.DictReader(lines)]
