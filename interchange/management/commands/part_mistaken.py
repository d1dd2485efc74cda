"""Lists the cases of earlier imports that rest on another's source, organisation or place, and parts them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from interchange.imports import mistaken


class Command(BaseCommand):
    """Lists what is mistaken; with --part, each case names what its row said."""

    help = (
        "List the imported cases whose rows said another source, organisation or place than the case names, because "
        "the import had taken one for the other. With --part, let them name what their rows said, in new versions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--part", action="store_true", help="Part them, all or none.")
        parser.add_argument("--by", default="", help="Whoever is named in the history; left out, the catalogue.")
        parser.add_argument("--reason", default=mistaken.REASON)

    def handle(self, *, part: bool, by: str, reason: str, **_: Any) -> None:
        user = User.objects.filter(username=by).first()
        if by and user is None:
            raise CommandError(f"There is no account “{by}”.")
        found = list(mistaken.find_all_mistaken())
        for each in found:
            words = each.in_words
            self.stdout.write(
                f"{each.case.slug}, {words['register']}: {words['stands']} ({each.stands.slug}); row "
                f"{each.row.number} of {each.row.batch.called} said {words['said']}"
            )
        if not part:
            self.stdout.write(f"{len(found):,} are mistaken." + (" Part them with --part." if found else ""))
            return
        self.stdout.write(f"{mistaken.part(mistaken=found, by=user, reason=reason):,} were parted.")
