"""Finds the quoted passages of the case files in the text of their source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interchange.loading import files
from interchange.loading.files import FileMistake, PassageLocation


class Command(BaseCommand):
    """Writes passages.csv, the offsets of the quotations, so that the case files stay readable."""

    help = (
        "Find each passage that the case files quote in TEXT_FILE, where it must stand exactly once, and write its "
        "offsets and checksum to passages.csv."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text_file", type=Path, help="The text of the source, UTF-8.")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "fixtures", help="Where the files are.")

    def handle(self, *, text_file: Path, folder: Path, **_: Any) -> None:
        try:
            text = text_file.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{text_file} cannot be read as UTF-8 text: {error}.") from None
        found, mistakes = self._place(folder, text)
        if mistakes:
            raise CommandError("\n".join(map(str, sorted(mistakes))) + "\nNothing was written.")
        (folder / "passages.csv").write_text(files.passages_csv(found), "utf-8")
        self.stdout.write(f"{len(found)} passages placed.")

    def _place(self, folder: Path, text: str) -> tuple[set[PassageLocation], list[FileMistake]]:
        found: set[PassageLocation] = set()
        mistakes = _wrong_text(folder, text)
        for path in sorted((folder / "cases").glob("*.yaml")):
            document = files.read_yaml(path, f"cases/{path.name}")
            mistakes += document.mistakes
            for result in files.locate_passages(document, text):
                if isinstance(result, FileMistake):
                    mistakes.append(result)
                else:
                    found.add(result)
        return found, mistakes


def _wrong_text(folder: Path, text: str) -> list[FileMistake]:
    """A mistake if the record of the source has the checksum of another text."""
    document = files.read_yaml(folder / "sources.yaml")
    here = files.sha256_of(text)
    for number, row in enumerate(document.data if isinstance(document.data, list) else []):
        if isinstance(row, dict) and row.get("slug") == files.QUOTED_SOURCE and row.get("text_sha256") != here:
            what = f"This is another text than the one recorded; if it is the right one, write {here}."
            return [document.mistake(f"[{number}].text_sha256", what)]
    return document.mistakes
