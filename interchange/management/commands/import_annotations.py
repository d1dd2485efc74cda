"""Imports a file of W3C annotations as notes of one user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from interchange.imports import notes
from interchange.imports.notes import NoteOutcome, NotesImportOptions
from interchange.imports.w3c import MAX_NOTES_FILE_BYTES


class Command(BaseCommand):
    """Imports annotations, all or none; one that is there already, by its names, is not duplicated."""

    help = (
        "Import W3C annotations (a collection, a page, one annotation, a JSON array or JSON Lines) as notes of a user. "
        "Everything is checked first: with a single mistake nothing is imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The file, in UTF-8.")
        parser.add_argument("--as", dest="username", required=True, help="User name of the author of the notes.")
        parser.add_argument("--private", action="store_true", help="Let only the author read the new notes.")
        parser.add_argument("--skip-refused", action="store_true", help="Leave out what is refused, take the others.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    def handle(self, *, file: Path, username: str, **options: Any) -> None:
        choice = NotesImportOptions(options["private"], options["skip_refused"], options["dry_run"])
        result = notes.import_notes(body=_read(file), by=_author(username), choice=choice)
        lines = "\n".join(map(str, result.mistakes))
        if result.mistakes and not result.stored and not choice.dry_run:
            raise CommandError(f"{lines}\nNothing was imported. {len(result.mistakes)} to correct in {file}.")
        if lines:
            self.stderr.write(lines)
        self.stdout.write(", ".join(f"{result.outcomes[outcome]} {outcome}" for outcome in NoteOutcome))
        if choice.dry_run:
            self.stdout.write("Nothing was imported: this was a dry run.")


def _author(username: str) -> User:
    author = User.objects.filter(username=username).first()
    if author is None:
        raise CommandError(f"There is no user “{username}”.")
    return author


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_NOTES_FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
