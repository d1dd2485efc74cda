"""Writes what the last edition of the catalogue's own files changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interchange.loading.report import MistakenEditions, coding_report

REPORT = settings.BASE_DIR / "docs" / "coding-report.md"


class Command(BaseCommand):
    """Compares the files of the last two editions; no database is asked."""

    help = "Write docs/coding-report.md: what the last edition of the files changed, entry by entry, with its reasons."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "fixtures", help="Where the files are.")
        parser.add_argument("--to", type=Path, default=REPORT, help="Where to write it.")

    def handle(self, *, folder: Path, to: Path, **_: Any) -> None:
        try:
            to.write_text(coding_report(folder), "utf-8")
        except MistakenEditions as error:
            raise CommandError(str(error)) from None
