"""Imports cases from a file: reads, plans and applies it as one, or only tries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import User
from interchange.imports import batches
from interchange.imports.decisions import read_decisions, write_questions
from interchange.imports.planning import NEW, Planner, choose_spec
from interchange.imports.reading.bounds import FileRefused
from interchange.imports.reading.files import open_table
from interchange.imports.reading.problems import ProblemSeverity
from interchange.models import AlikeThing, Batch, DuplicateDecision, ImportRow, RowOutcome

EXIT_REFUSED, EXIT_UNREADABLE = 1, 2
MAX_PROBLEMS_LISTED = 500
MAX_ROWS_LISTED = 100


class Command(BaseCommand):
    """Imports cases; nothing is written unless everything is."""

    help = (
        "Import cases from a CSV, XLSX or JSON file: the catalogue's own exports and templates, an export of "
        "Participedia, or any table by a mapping that was saved in the admin. Exit codes: 0 done, or nothing to do; "
        "1 refused, with every problem listed; 2 the file cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--undo", type=int, metavar="NUMBER", help="Undo the import of this number instead.")
        parser.add_argument("--mapping", default="", help="Name of a mapping; left out, the columns tell.")
        parser.add_argument("--sheet", default="", help="Sheet of a workbook; left out, the first.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")
        parser.add_argument("--publish", action="store_true", help="Publish what was published where it was exported.")
        parser.add_argument("--by", default="", help="Whoever is named in the history; left out, the catalogue.")
        parser.add_argument("--duplicates", choices=["skip", "create"], default="skip")
        parser.add_argument("--skip-refused", action="store_true", help="Leave refused rows out, and take the others.")

        parser.add_argument(
            "--questions", type=Path, metavar="FILE", help="Write as CSV which sources, organisations and places are "
            "like others, but not the same. Undecided, they are new."
        )  # fmt: skip
        parser.add_argument(
            "--decisions", type=Path, metavar="FILE", help="Such a file, with “new” or the slug of the one that it is "
            "in the column “decision”."
        )  # fmt: skip

    def handle(self, *, file: Path | None, **options: Any) -> None:
        by = self._user(options["by"])
        if options["undo"] is not None:
            self._undo(options["undo"], by)
            return
        if file is None:
            raise CommandError("Name the file to import.", returncode=EXIT_UNREADABLE)
        batch = self._received(file, options, by)
        batch.publish = options["publish"]
        batch.save(update_fields=["publish"])
        self._plan(batch, options["duplicates"], by)
        if options["decisions"] and self._decide(batch, options["decisions"], by):
            self._plan(batch, options["duplicates"], by)
        if options["questions"]:
            write_questions(batch.alike_things.all(), options["questions"])
        self._report(batch)
        counts = batch.counts()
        if options["dry_run"] or (counts[RowOutcome.REFUSE] and not options["skip_refused"]):
            batches.delete_batch(batch=batch, by=by)
            if counts[RowOutcome.REFUSE] and not options["skip_refused"]:
                raise CommandError(
                    f"Nothing was imported: {counts[RowOutcome.REFUSE]} rows are refused.", returncode=EXIT_REFUSED
                )
            self.stdout.write("Nothing was imported: this was a dry run.")
            return
        if not (counts[RowOutcome.CREATE] or counts[RowOutcome.CHANGE] or counts[RowOutcome.DUPLICATE]):
            batches.delete_batch(batch=batch, by=by)
            self.stdout.write("There is nothing to import: the catalogue says all of it.")
            return
        self._apply(batch, by)

    def _user(self, name: str) -> User | None:
        try:
            return User.objects.get(username=name) if name else None
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account “{name}”.", returncode=EXIT_UNREADABLE) from error

    def _received(self, file: Path, options: dict[str, Any], by: User | None) -> Batch:
        try:
            with file.open("rb") as content:
                table = open_table(content, file.name, sheet=options["sheet"])
                spec = choose_spec(table, options["mapping"])
                content.seek(0)
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
                return batches.create_batch(
                    table=table, name=file.name, sha256=sha256, mapping=(spec.name, spec.plain()), by=by
                )
        except (FileRefused, OSError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise CommandError(f"{file}: {why}", returncode=EXIT_UNREADABLE) from error

    def _plan(self, batch: Batch, duplicates: str, by: User | None) -> None:
        planner = Planner(batch)

        def plan(rows: Sequence[ImportRow]) -> Sequence[ImportRow]:
            planned = planner.plan(rows)
            for row in planned:
                if row.outcome == RowOutcome.DUPLICATE:
                    row.decision = DuplicateDecision(duplicates)
            return planned

        with tqdm(total=batch.total, desc="Planning", unit=" rows", disable=None) as bar:
            while number := batches.plan_next_rows(batch=batch, plan=plan, by=by):
                bar.update(number)

    def _decide(self, batch: Batch, file: Path, by: User | None) -> int:
        """Take the decisions of a file; nothing is imported if one of them is none."""
        try:
            found = read_decisions(file)
            keys = batch.alike_things.values_list("register", "key", "pk")
            decisions = {pk: found[register, key] for register, key, pk in keys if (register, key) in found}
            return batches.decide_alike(batch=batch, decisions=decisions, by=by)
        except (OSError, ValueError, ValidationError) as error:
            batches.delete_batch(batch=batch, by=by)
            why = " ".join(error.messages) if isinstance(error, ValidationError) else error
            raise CommandError(f"{file}: {why}", returncode=EXIT_UNREADABLE) from error

    def _apply(self, batch: Batch, by: User | None) -> None:
        batch.refresh_from_db()
        counts = batch.counts()
        with tqdm(
            total=counts[RowOutcome.CREATE] + counts[RowOutcome.CHANGE], desc="Applying", unit=" rows", disable=None
        ) as bar:
            try:
                batches.apply_batch(batch=batch, by=by, progress=bar.update)
            except batches.BATCH_REFUSALS as refusal:
                with suppress(ValidationError):  # somebody applied or deleted it meanwhile
                    batches.delete_batch(batch=batch, by=by)
                raise CommandError(
                    f"{batches.refusal_message(refusal)} Nothing was imported.", returncode=EXIT_REFUSED
                ) from refusal
        self.stdout.write(f"{batch} was applied. It can be undone in the admin.")

    def _undo(self, number: int, by: User | None) -> None:
        batch = Batch.objects.filter(pk=number).first()
        if batch is None:
            raise CommandError(f"There is no import {number}.", returncode=EXIT_UNREADABLE)
        try:
            batches.undo_batch(batch=batch, by=by)
        except batches.BATCH_REFUSALS as refusal:
            raise CommandError(batches.refusal_message(refusal), returncode=EXIT_REFUSED) from refusal
        self.stdout.write(f"{batch} was undone.")

    # Output

    def _report(self, batch: Batch) -> None:
        batch.refresh_from_db()
        for note in batch.notes:
            self.stderr.write(_line(note["row"], note))
        shown = 0
        for row in batch.rows.exclude(problems=[]).iterator():
            for problem in row.problems:
                shown += 1
                if shown <= MAX_PROBLEMS_LISTED:
                    self.stderr.write(_line(row.number, problem))
        if shown > MAX_PROBLEMS_LISTED:
            self.stderr.write(f"… and {shown - MAX_PROBLEMS_LISTED:,} more.")
        self._tell_recognised(batch)
        self._tell_duplicates(batch.rows.filter(outcome=RowOutcome.DUPLICATE))
        counts = batch.counts()
        summary = ", ".join(
            f"{counts[outcome]:,} {RowOutcome(outcome).label}"
            for outcome in RowOutcome
            if outcome != RowOutcome.WAITING
        )
        self.stdout.write(f"{batch.total:,} rows by the mapping “{batch.mapping}”: {summary}.")

    def _tell_recognised(self, batch: Batch) -> None:
        """Say what rows name, and what it was recognised as; and what is alike, once each."""
        rows = batch.rows.exclude(recognised=[])
        for row in rows[:MAX_ROWS_LISTED]:
            for item in row.recognised:
                slug = "" if item["why"] == NEW else f" ({item['slug']})"
                what = item["register"].removesuffix("s")
                self.stdout.write(f"row {row.number}, {what}: {item['name']} — {item['why']}{slug}")
        if (left := rows.count() - MAX_ROWS_LISTED) > 0:
            self.stdout.write(f"… and {left:,} more rows; the admin shows each.")
        for thing in batch.alike_things.all()[:MAX_ROWS_LISTED]:
            like = "; ".join(f"{each['name']} ({each['slug']}): {each['why']}" for each in thing.candidates)
            self.stderr.write(f"row {thing.row}, {thing} is like {like}. {_decision(thing)}")

    def _tell_duplicates(self, rows: Iterable[ImportRow]) -> None:
        for row in rows:
            nearest = row.candidates[0]
            self.stderr.write(
                f"row {row.number}: “{row.title}” is probably “{nearest['title']}” ({nearest['slug']}, "
                f"{nearest['score']} of 100): {row.get_decision_display()}."
            )


def _decision(thing: AlikeThing) -> str:
    if thing.decision in {"", AlikeThing.NEW}:
        return "It is kept apart." if thing.decision else "Undecided, it is kept apart: see --questions."
    return f"It is taken for {thing.decision}."


def _line(row: int | None, problem: dict[str, Any]) -> str:
    where = f"row {row}" if row else "the file"
    column = f", {problem['column']}" if problem["column"] else ""
    value = f" (“{problem['value']}”)" if problem["value"] else ""
    mark = "" if problem["severity"] == ProblemSeverity.ERROR else " [noted]"
    return f"{where}{column}{value}:{mark} {problem['message']}"
