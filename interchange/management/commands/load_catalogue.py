"""Loads the catalogue's own files into the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interchange.loading import writing
from interchange.loading.entries import LoadOutcome, LoadPlan


class Command(BaseCommand):
    """Loads the files of a folder, all or none; what people edited or deleted stays as they left it."""

    help = (
        "Load the catalogue's vocabularies, sources, organisations, places and cases from its files. Everything is "
        "checked first: with a single mistake nothing is loaded. What was edited or deleted here since stays so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "fixtures", help="Where the files are.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    def handle(self, *, folder: Path, dry_run: bool, **_: Any) -> None:
        try:
            plans = writing.load_folder(folder=folder, by=None, dry_run=dry_run)
        except writing.MistakenFiles as error:
            raise CommandError(f"{error}\nNothing was loaded. {len(error.mistakes)} to correct in {folder}.") from None
        for plan in plans:
            self._say(plan, alone=len(plans) == 1)
        if dry_run:
            self.stdout.write("Nothing was loaded: this was a dry run.")

    def _say(self, plan: LoadPlan, *, alone: bool) -> None:
        if not alone or plan.is_new:
            self.stdout.write(f"edition: {plan.edition.number}")
        for register, outcomes in writing.count_outcomes(plan).items():
            summary = ", ".join(
                f"{outcomes[outcome]} {outcome}" for outcome in LoadOutcome if outcomes[outcome] or outcome == "same"
            )
            self.stdout.write(f"{register}: {summary}")
        for entry in plan.kept():
            self.stdout.write(f"kept as edited: {entry.register} {entry.slug}: the edition says otherwise.")
        for note in plan.notes:
            self.stdout.write(f"left out: {note}")
