"""Editions of the catalogue's own files: what each holds, and why the next one says otherwise.

    editions/1/        the files of the first edition, as they were
    editions/2.yaml    the title of the second one, its reason, and the reasons of single changes
    .                  the files of the last edition

A folder without `editions` holds the first and only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .files import FileMistake, YamlDocument, read_yaml

FIRST_EDITION = 1
LOAD_REASON = "From the catalogue’s own files."


@dataclass(frozen=True)
class Edition:
    """The files of one edition in `folder`, below `root`, and the reasons of what it changed in the one before."""

    number: int
    root: Path
    is_last: bool = True
    """The files of earlier editions are kept as they were, in the form that records had then."""
    document: YamlDocument = field(default_factory=lambda: YamlDocument(""))

    @property
    def folder(self) -> Path:
        return self.root if self.is_last else self.root / "editions" / str(self.number)

    @property
    def title(self) -> str:
        return str(self._said("title") or f"Edition {self.number}")

    @property
    def reason(self) -> str:
        return str(self._said("reason") or LOAD_REASON)

    @property
    def codebook(self) -> Mapping[str, str]:
        """The reasons of changes to terms (`type/joint-action`) and vocabularies (`type`), where there are own ones."""
        return self._said("codebook") or {}

    @property
    def cases(self) -> Mapping[str, str]:
        """The reasons of changes to cases, by slug."""
        return self._said("cases") or {}

    @property
    def merged(self) -> Mapping[str, Mapping[str, str]]:
        """By the slug of a case that is one with another: `into`, the slug of that one, and the `reason`."""
        return self._said("merged") or {}

    def reason_of_case(self, slug: str) -> str:
        return self.cases.get(slug) or self.reason

    def _said(self, name: str) -> Any:
        return self.document.data.get(name) if isinstance(self.document.data, dict) else None

    def mistakes(self) -> list[FileMistake]:
        """What is wrong in the file of the edition itself."""
        return [*self.document.mistakes, *_shape_mistakes(self.document), *self._mistaken_names()]

    def _mistaken_names(self) -> Iterator[FileMistake]:
        files = {path.stem for path in (self.folder / "cases").glob("*.yaml")}
        for slug in self.cases if isinstance(self.cases, dict) else ():
            if slug not in files:
                yield self.document.mistake(f"cases.{slug}", "There is no such case in this edition; take it out.")
        for slug in self.merged if isinstance(self.merged, dict) else ():
            if slug in files:
                yield self.document.mistake(f"merged.{slug}", "This edition has a file of it; take one of them out.")


def read_editions(folder: Path) -> list[Edition]:
    """The editions of a folder, first to last."""
    numbers = sorted(int(path.stem) for path in (folder / "editions").glob("*.yaml") if path.stem.isdecimal())
    made = [FIRST_EDITION, *(number for number in numbers if number > FIRST_EDITION)]
    return [
        Edition(
            number,
            folder,
            number == made[-1],
            read_yaml(folder / "editions" / f"{number}.yaml", f"editions/{number}.yaml")
            if number > FIRST_EDITION
            else YamlDocument(""),
        )
        for number in made
    ]


TEXTS, REASONS, MERGED = ("title", "reason"), ("codebook", "cases"), "merged"


def _shape_mistakes(document: YamlDocument) -> Iterator[FileMistake]:
    if document.name and not document.mistakes and not isinstance(document.data, dict):
        yield document.mistake("", "Write an edition: a mapping with title, reason, codebook, cases and merged.")
    for name, value in document.data.items() if isinstance(document.data, dict) else ():
        if name in TEXTS:
            fits = isinstance(value, str)
        elif name in REASONS:
            fits = _is_mapping_of(str, value)
        elif name == MERGED:
            fits = _is_mapping_of(dict, value) and all(set(each) == {"into", "reason"} for each in value.values())
        else:
            yield document.mistake(name, f"There is no such field; there are: {', '.join([*TEXTS, *REASONS, MERGED])}.")
            continue
        if not fits:
            yield document.mistake(name, WHAT_IT_IS[name])


WHAT_IT_IS = {
    **dict.fromkeys(TEXTS, "Write a text here."),
    **dict.fromkeys(REASONS, "Write a reason for each slug."),
    MERGED: "Write for each slug a mapping with into and reason.",
}


def _is_mapping_of(kind: type, value: Any) -> bool:
    return value == "" or (isinstance(value, dict) and all(isinstance(each, kind) for each in value.values()))
