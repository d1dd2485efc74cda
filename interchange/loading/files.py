"""The catalogue's own files: YAML with the line of every field, and the offsets of passages.

Every scalar is text (`no` is a word, `2006` four digits): the catalogue decides on types, not YAML. Keys given twice
and anchors are mistakes.
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

from plaintext.matching import as_it_stands
from plaintext.normal import compose

YamlLoader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # faster, if PyYAML was built with it
QUOTED_SOURCE = "loeffler-2020"
"""The source of every passage that the files give as bare words."""


class FileMistake(NamedTuple):
    """What is wrong in a file and what to do, with the line and the path of the field."""

    file: str
    line: int
    field: str
    what: str

    def __str__(self) -> str:
        return ": ".join(filter(None, [f"{self.file}:{self.line}", self.field, self.what]))


@dataclass
class YamlDocument:
    """A YAML file as it was read: its data, the line of each field by path, and the mistakes in its form."""

    name: str
    data: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    mistakes: list[FileMistake] = field(default_factory=list)

    def mistake(self, path: str, what: str) -> FileMistake:
        """A mistake at the line of `path`, or of what contains it."""
        here = path
        while here and here not in self.lines:
            here = here[: max(here.rfind("."), here.rfind("["), 0)]
        return FileMistake(self.name, self.lines.get(here, 1), path, what)


def read_yaml(path: Path, name: str = "") -> YamlDocument:
    """Read a YAML file; a file that cannot be read has its reasons in `mistakes`."""
    document = YamlDocument(name or path.name)
    try:
        node = yaml.compose(path.read_text("utf-8"), Loader=YamlLoader)
    except FileNotFoundError:
        document.mistakes.append(FileMistake(document.name, 1, "", "There is no such file; add it."))
    except UnicodeDecodeError as error:
        document.mistakes.append(FileMistake(document.name, 1, "", f"Save it as UTF-8; byte {error.start} is not."))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.mistakes.append(FileMistake(document.name, line, "", f"This is no YAML: {error.problem}."))
    except yaml.YAMLError as error:
        document.mistakes.append(FileMistake(document.name, 1, "", f"This is no YAML: {error}."))
    else:
        document.data = _NodeReader(document).value(node, "") if node else None
    return document


class _NodeReader:
    """Turns the nodes of a document into mappings, lists and texts, and notes their lines."""

    def __init__(self, document: YamlDocument) -> None:
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
        return compose(node.value)

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


class PassageLocation(NamedTuple):
    """Where a quotation stands in the text of its source: offsets in code points, and the words around it."""

    start: int
    end: int
    sha256: str
    case: str
    """The case that quotes it."""
    before: str = ""
    after: str = ""


MAX_WORDS_AROUND = 48  # characters on either side of a passage, so that readers see where it stands


def words_around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the last whole words before a passage and the first ones after it.

    >>> words_around("In Berkshire citizens took part, again.", 13, 31)
    ('In Berkshire ', ', again.')
    """
    before, after = text[max(start - MAX_WORDS_AROUND, 0) : start], text[end : end + MAX_WORDS_AROUND]
    if start > MAX_WORDS_AROUND:
        before = before.partition(" ")[2]
    if end + MAX_WORDS_AROUND < len(text):
        after = after.rpartition(" ")[0]
    return before, after


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def bare_passages(document: YamlDocument) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The bare passages of a document: path, the mapping that contains it, its words."""
    yield from _bare_passages(document.data, "")


def _bare_passages(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}".lstrip(".")
            if name == "passage" and isinstance(inner, str):
                yield here, value, inner
            else:
                yield from _bare_passages(inner, here)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _bare_passages(inner, f"{path}[{number}]")


def locate_passages(document: YamlDocument, text: str) -> Iterator[PassageLocation | FileMistake]:
    """The location of each quotation of a document in `text`, where it must occur exactly once."""
    for path, _, words in bare_passages(document):
        times = text.count(words) if words else 0
        if times == 1:
            start = text.index(words)
            end = start + len(words)
            around = words_around(text, start, end)
            yield PassageLocation(start, end, sha256_of(words), Path(document.name).stem, *around)
        else:
            yield document.mistake(path, _what_to_do(words, times, text))


def _what_to_do(words: str, times: int, text: str) -> str:
    if times:
        return f"These words stand {times} times in the text; quote more of it, so that they stand once."
    if stands := as_it_stands(words, text):
        return f"The text has these words in another form; quote them so: “{stands[:80]}”."
    return f"These words do not stand in the text; quote it character for character: “{words[:80]}”."


def passages_csv(rows: set[PassageLocation]) -> str:
    """Passage locations as CSV, in the order of the source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(PassageLocation._fields)
    writer.writerows(sorted(rows))
    return out.getvalue()


def read_passages_csv(path: Path) -> list[PassageLocation]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            PassageLocation(
                int(row["start"]),
                int(row["end"]),
                row["sha256"],
                row["case"],
                row.get("before", ""),
                row.get("after", ""),
            )
            for row in csv.DictReader(lines)
        ]
