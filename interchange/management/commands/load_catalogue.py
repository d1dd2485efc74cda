"""Loads the catalogue's own files into the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interchange.loading import planning, writing
from interchange.loading.entries import LoadOutcome


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
        plan = planning.plan_load(folder)
        if plan.mistakes:
            lines = "\n".join(map(str, plan.mistakes))
            raise CommandError(f"{lines}\nNothing was loaded. {len(plan.mistakes)} to correct in {folder}.")
        counts = writing.count_outcomes(plan) if dry_run else writing.apply_load(plan=plan, by=None)
        for register, outcomes in counts.items():
            summary = ", ".join(
                f"{outcomes[outcome]} {outcome}" for outcome in LoadOutcome if outcomes[outcome] or outcome == "same"
            )
            self.stdout.write(f"{register}: {summary}")
        for note in plan.notes:
            self.stdout.write(f"left out: {note}")
        if dry_run:
            self.stdout.write("Nothing was loaded: this was a dry run.")
