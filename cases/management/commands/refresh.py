"""Updates the cached representations and the search index of every case."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cases.derived import refresh


class Command(BaseCommand):
    """Updates representations and search index of all cases if their form is outdated."""

    help = (
        "Renew what is kept of every case to be sent and found. `migrate` does this by itself where the form of "
        "these texts has changed; after rows were written past the catalogue's own doors, ask for --all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="Renew them even where their form is that of the code.")

    def handle(self, *, all: bool, **_: Any) -> None:  # noqa: A002 - the option's name
        if refresh.is_up_to_date() and not all:
            self.stdout.write("Nothing to do: every case is in the form of today.")
            return
        self.stdout.write(f"Cases in the form of today: {refresh.refresh_all()}.")
