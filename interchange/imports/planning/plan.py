"""The outcomes of rows: each is read, assembled, validated, and compared with the stored case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from cases.models import Case, State
from cases.record import convert, recoding
from cases.record.completeness import missing_in_record
from cases.record.convert import ValidatedRecord
from cases.record.outline import same_value, with_consistent_absences
from cases.record.registers import Registers
from interchange.models import Batch, DuplicateDecision, ImportRow, RowOutcome
from taxonomy.slugs import make_slug

from ..reading.problems import Problem, ProblemSeverity, printable_value, warning
from ..register_entries import RegisterEntry, entry_mistakes, matches_entry, unsaved_from_entry
from ..validation import validate_rows
from . import own
from .assembling import CaseDraft, assemble_case, keep_placed_passages, things_cited
from .known import MAX_CANDIDATES, CatalogueLookup, CurrentRecord, KnownCase, current_records
from .named import NamedInRow, named_in
from .row_problems import note_mistakes, plan_problem, reading_problems, withdrawal_problem
from .specs import OWN_TABLE, MappingSpec
from .things import AS_DECIDED, NEW, called
from .titled import TitledRows, TitleMatch
from .values import RowValues, read_values

MOST_OF_NUMBER = 200
MOST_OF_TITLE = 100
"""Letters of a title that make an address."""


@dataclass
class _RowWork:
    """A row while it is planned."""

    row: ImportRow
    values: RowValues
    stated: str = ""
    """The state that the case had where it was exported."""
    whole: tuple[dict[str, Any], list[Any]] | None = None
    """The whole record that the row brings, and its entries."""
    named: NamedInRow = field(default_factory=NamedInRow)
    draft: CaseDraft | None = None
    validated: ValidatedRecord | ValidationError | None = None
    numbered: bool = False
    """Whether its address was made of its title."""
    why: str = NEW
    """Why it is the case that it is."""
    may_be: Sequence[int] = ()
    """The cases of its title that it may be."""
    candidates_before: Sequence[str] = ()
    """The addresses of its candidates when somebody decided on it."""
    met: int = 0
    """How many problems were found already when the row was read from its file."""


class Planner:
    """Plans the rows of a batch, some hundred at a time; the cases are looked up once."""

    def __init__(self, batch: Batch, again: Iterable[ImportRow] = ()) -> None:
        """`again` has rows that were planned before and are planned anew."""
        self.batch = batch
        self.spec = MappingSpec.of(batch.mapping, batch.spec)
        self.planned = batch.rows.exclude(outcome=RowOutcome.WAITING).exclude(pk__in=[row.pk for row in again])
        self._look()

    @classmethod
    def going_on(cls, batch: Batch) -> Planner:
        """The planner that this process kept of the batch (see `rest`), or a new one.

        What it looked up is looked up again where it is out of date.
        """
        kept = _resting.pop((batch.pk, batch.created_at), None)
        if kept is None or (kept.spec, kept.batch.publish) != (
            MappingSpec.of(batch.mapping, batch.spec),
            batch.publish,
        ):
            return cls(batch)
        kept.batch, kept.planned = batch, batch.rows.exclude(outcome=RowOutcome.WAITING)
        return kept

    def rest(self) -> None:
        """Keep this planner, and no other, for the next request that plans rows of its batch."""
        _resting.clear()
        _resting[self.batch.pk, self.batch.created_at] = self

    def _look(self) -> None:
        """Look up the catalogue, and what the rows planned before would enter."""
        self.seen = self._now()
        """The version of the catalogue that was looked up, and how many rows were planned then."""
        self.known = CatalogueLookup.look(self.batch)
        self.taken: dict[str, int] = {}
        """By address: the number of the row that has it."""
        self.numbers: dict[str, int] = {}
        """By the number in its own table: the number of the row that has it."""
        self.checked: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """By register and slug: what is wrong with a new entry."""
        self.titled = TitledRows(self.batch, self.spec, self.known.imported)
        self.last = 0
        """The number of the last row that was planned."""
        self._catch_up()

    def _catch_up(self) -> None:
        """Read the rows that were planned since the last one that is known."""
        rows = self.planned.filter(number__gt=self.last).order_by("number")
        for row in rows.only("number", "slug", "title", "entries", "external_id", "outcome").iterator():
            if row.outcome != RowOutcome.REFUSE:
                self._remember(row)
            self.last = row.number

    def _look_again(self) -> None:
        """Catch up on rows that somebody else planned after the known ones; otherwise look everything up again."""
        catalogue, number = self._now()
        added = self.planned.filter(number__gt=self.last).count()
        if catalogue == self.seen[0] and number == self.seen[1] + added:
            self._catch_up()
            self.seen = (catalogue, number)
        else:
            self._look()

    def _now(self) -> tuple[str, int]:
        catalogue = Batch.objects.filter(pk=self.batch.pk).values_list("catalogue", flat=True).first()
        return catalogue or "", self.planned.count()

    def plan(self, rows: Sequence[ImportRow]) -> list[ImportRow]:
        """Set the outcome of each of these rows, without saving them.

        If somebody else planned rows meanwhile, the catalogue is looked up again.
        """
        if self.seen != self._now():
            self._look_again()
        self.seen = (self.seen[0], self.seen[1] + len(rows))
        self.last = max([self.last, *(row.number for row in rows)])
        works = [self._read(row) for row in rows]
        stored = current_records(row.case_id for row in rows if row.case_id)
        self._look_up_things(works, stored.values())
        for work in works:
            self._assemble(work, stored.get(work.row.case_id or 0))
        registers = _validate(works)
        for work in works:
            self._set_outcome(work, stored.get(work.row.case_id or 0), registers)
        return [work.row for work in works]

    def _look_up_things(self, works: Sequence[_RowWork], stored: Iterable[CurrentRecord]) -> None:
        """Look up what the rows name, and what their cases name already."""
        for work in works:
            exported = own.exported_things(work.whole[1]) if work.whole else ()
            work.named = named_in(work.values, self.spec.name, exported)
        cited = things_cited([current.record for current in stored])
        self.known.things.look_up((named for work in works for named in work.named), cited)

    # What a row says

    def _read(self, row: ImportRow) -> _RowWork:
        row.outcome, row.record, row.entries, row.recognised = RowOutcome.WAITING, None, [], []
        work = _RowWork(
            row,
            RowValues(row.number, problems=reading_problems(row)),
            candidates_before=[each["slug"] for each in row.candidates],
        )
        row.candidates = row.candidates if row.decision == DuplicateDecision.CHANGE else []
        work.met = len(work.values.problems)
        if work.met and not row.cells:
            return work
        if self.spec.own and own.has_record(row.cells):
            record, entries, work.stated = own.record_in(row.cells, work.values)
            own.read_edits(row.cells, record, entries, work.values, self.known.labels)
            own.note_unread(row.cells, record, work.values)
            work.whole = (record, entries)
            row.slug, row.title = str(record.get("slug") or "")[:120], str(record.get("title") or "")[:200]
        else:
            met = work.values.problems
            work.values = read_values(self.spec, row.number, row.cells, self.known.labels)
            work.values.problems[:0] = met
            row.slug = str(work.values.one("slug") or "")[:120]
        row.title = str(work.values.one("title") or row.title)[:200]
        self._identify(work)
        return work

    def _identify(self, work: _RowWork) -> None:
        """Find the case of a row by what was decided, its number or its address; or make an address for a new one."""
        row, given = work.row, work.row.slug
        row.external_id = str(work.values.one("external_id") or "")[:MOST_OF_NUMBER]
        by_title = bool(row.title and not given and not row.external_id)
        match = self.titled.match(row) if by_title else TitleMatch(row.external_id)
        row.external_id = match.external_id
        if row.decision == DuplicateDecision.CHANGE and row.case_id:
            row.slug, work.why = self.known.addresses[row.case_id], AS_DECIDED
            return
        row.case_id = match.case if by_title else self.known.imported.get(row.external_id)
        if row.case_id:
            row.slug = self.known.addresses[row.case_id]
            work.why = match.why or f"the number {row.external_id} in this table"
            if given not in {"", row.slug}:
                work.values.unused("slug", f"Its number is that of “{row.slug}”, so this address was left out.")
        elif row.slug:
            stands = self.known.cases.get(row.slug)
            row.case_id, work.why = (stands.pk, "its address") if stands and stands.pk else (None, NEW)
        elif row.title:
            row.slug = self.known.free(make_slug(row.title, fallback="case", most=MOST_OF_TITLE), self.taken)
            work.numbered, work.may_be = True, match.candidates
        self._keep_address(row, work.values)

    def _keep_address(self, row: ImportRow, values: RowValues) -> None:
        """Reserve the address and the number of a row; a later row with one of them is the same case, and refused."""
        if not row.slug:
            return
        first = self.taken.setdefault(row.slug, row.number)
        same_number = self.numbers.setdefault(row.external_id, row.number) if row.external_id else row.number
        if first != row.number:
            values.wrong("slug", f"Row {first} is about the same case, “{row.slug}”. Keep one of the two.")
        elif same_number != row.number:
            values.wrong(
                "external_id", f"Row {same_number} has this number, too. Keep one of the two, or number them apart."
            )
        elif row.slug not in self.known.cases:
            self.known.add(KnownCase(None, row.slug, row.title, frozenset(), frozenset()))

    def _assemble(self, work: _RowWork, stored: CurrentRecord | None) -> None:
        """Make the draft of a case from a row, and note which cases it may duplicate."""
        row, values = work.row, work.values
        if values.problems and not values.given and not work.whole:
            return
        base = work.whole[0] if work.whole else stored.record if stored else None
        work.draft = self._exported(work) if work.whole else assemble_case(values, base, work.named, self.known.things)
        if stored:
            work.draft.record = keep_placed_passages(work.draft.record, stored.record)
        work.draft.record["slug"] = row.slug or "untitled"
        if not stored:
            self._note_candidates(work)
        if row.slug in self.known.cases and not self.known.cases[row.slug].pk:
            places = frozenset(map(str, work.draft.record.get("places") or ()))
            self.known.add(KnownCase(None, row.slug, row.title, places, frozenset(work.draft.countries)))

    def _exported(self, work: _RowWork) -> CaseDraft:
        """The draft of a whole record, in which what stands under another slug is named by that one."""
        record, _ = work.whole or ({}, [])
        found = [(named, self.known.things.recognise_exported(named)) for named in work.named.exported]
        slugs = {(named.register, named.wanted): each.slug for named, each in found if each.slug != named.wanted}
        draft = assemble_case(work.values, own.follow(record, slugs), work.named, self.known.things)
        for named, each in found:
            draft.note(named, each)
            draft.entries.append({**named.entry, "register": named.register, "slug": each.slug})
            if each.slug != named.wanted:
                message = (
                    f"“{named.wanted}” is {called(named.register, named.entry)} in this file; here it is “{each.slug}”."
                )
                work.values.note(warning(message, named.wanted), "record")
        return draft

    def _remember(self, row: ImportRow) -> None:
        """Note what a row that was planned before would enter."""
        for entry in row.entries:
            self.known.things.learn(entry)
        self._keep_address(row, RowValues(row.number))

    def _note_candidates(self, work: _RowWork) -> None:
        """Note the cases that a new one may duplicate; rows with addresses of their own duplicate no other row."""
        row, draft = work.row, work.draft
        if draft is None:
            return
        places = [str(slug) for slug in draft.record.get("places") or ()]
        found = self.known.find_candidates(row.title, places, draft.countries, own={row.slug})
        may_be = [(self.known.cases[self.known.addresses[key]], 100) for key in work.may_be]
        listed = {
            case.slug: {"slug": case.slug, "title": case.title, "score": score, "row": self.taken.get(case.slug)}
            for case, score in [*may_be, *found]
            if case.slug != row.slug and (case.pk or (work.numbered and self.taken[case.slug] < row.number))
        }
        row.candidates = list(listed.values())[:MAX_CANDIDATES]
        if [each["slug"] for each in row.candidates] != work.candidates_before:
            row.decision = DuplicateDecision.NONE

    # Its outcome

    def _set_outcome(self, work: _RowWork, stored: CurrentRecord | None, registers: Registers) -> None:
        row, values = work.row, work.values
        validated = self._checked(work, work.draft, stored, registers) if work.draft else None
        if stored and stored.state == State.WITHDRAWN:
            values.note(withdrawal_problem(stored), "state")
        case = {"register": "cases", "slug": row.slug, "name": row.title, "why": work.why}
        row.recognised = [case, *work.draft.recognised] if work.draft else []
        row.problems = [plan_problem(problem, read=turn < work.met) for turn, problem in enumerate(values.problems)]
        refused = any(problem.severity is ProblemSeverity.ERROR for problem in values.problems)
        if validated is None or refused or work.draft is None:
            row.outcome = RowOutcome.REFUSE
            row.record, row.entries = (work.draft.record, []) if work.draft else (None, [])
            return
        row.record = convert.to_primitive(validated)
        row.entries = _new(work.draft, registers)
        row.title = row.record["title"]
        row.publish = self._publishes(work, stored)
        if row.publish and (lacks := missing_in_record(row.record)):
            row.publish = False
            told = warning(f"It stays a draft. {' '.join(lacks.values())}").at(row.number, "state")
            row.problems.append(plan_problem(told, read=False))
        row.version = stored.version if stored else None
        row.outcome = self._outcome(row, stored)

    def _outcome(self, row: ImportRow, stored: CurrentRecord | None) -> RowOutcome:
        if stored:
            unchanged = (
                same_value(with_consistent_absences(stored.record), with_consistent_absences(row.record or {}))
                and not row.publish
            )
            return RowOutcome.SAME if unchanged else RowOutcome.CHANGE
        return RowOutcome.DUPLICATE if row.candidates else RowOutcome.CREATE

    def _publishes(self, work: _RowWork, stored: CurrentRecord | None) -> bool:
        """Whether a case is to be published because it was published where it was exported."""
        now = stored.state if stored else State.DRAFT
        return self.batch.publish and work.stated == State.PUBLISHED and now in {State.DRAFT, State.IN_REVIEW}

    def _checked(
        self, work: _RowWork, draft: CaseDraft, stored: CurrentRecord | None, registers: Registers
    ) -> ValidatedRecord | None:
        """The validated record; None where it is refused. What is wrong is noted, by column."""
        self._check_entries(draft, registers)
        row, validated = work.row, work.validated
        if not row.case_id and row.slug in self.known.old:
            work.values.wrong("slug", "Another case had this address, and is still found by it; choose another.")
        if validated is None or isinstance(validated, ValidationError):
            note_mistakes(draft, convert.error_paths(validated.detail) if validated else ())
            return None
        case = Case(pk=row.case_id or 0, slug=row.slug)  # no case has the key 0, so a new one had no term before
        note_mistakes(draft, recoding.newly_coded_retired_terms(case, validated).items())
        if stored and stored.state == State.PUBLISHED:
            note_mistakes(draft, missing_in_record(convert.to_primitive(validated)).items())
        return validated

    def _check_entries(self, draft: CaseDraft, registers: Registers) -> None:
        for entry in draft.entries:
            stands = registers.things[entry["register"]].get(entry["slug"])
            if stands is None:
                continue
            if stands.pk:
                if self.spec.name == OWN_TABLE and not matches_entry(stands, entry):
                    message = f"“{entry['slug']}” stands in the {entry['register']} and says something else; it stays."
                    draft.values.note(warning(message, entry["slug"]), "record")
                continue
            for name, message in self._wrong_with(entry):
                own, _ = draft.values.origins.get(f"source_{name}", (f"{entry['register']}: {name}", ""))
                column = own if entry["register"] == "sources" else f"{entry['register']}: {name}"
                draft.values.note(Problem(None, "", printable_value(entry.get(name)), message), column)

    def _wrong_with(self, entry: RegisterEntry) -> list[tuple[str, str]]:
        """What is wrong with a new entry; each is checked once."""
        key = (str(entry["register"]), str(entry["slug"]))
        if key not in self.checked:
            self.checked[key] = entry_mistakes(unsaved_from_entry(entry))
        return self.checked[key]


_resting: dict[tuple[int, datetime], Planner] = {}
"""The one planner that this process keeps, by its batch; not more, as it holds many titles."""


def _validate(works: Sequence[_RowWork]) -> Registers:
    """Validate the drafts as the write does, and return what they name."""
    drafted = [(work, work.draft) for work in works if work.draft]
    entries = [entry for _, draft in drafted for entry in draft.entries]
    rows = validate_rows([draft.record for _, draft in drafted], entries)
    for (work, _), validated in zip(drafted, rows.records, strict=True):
        work.validated = validated
    return rows.registers


def _new(draft: CaseDraft, registers: Registers) -> list[RegisterEntry]:
    """The entries of a row that are not stored yet."""
    found = ((entry, registers.things[entry["register"]].get(entry["slug"])) for entry in draft.entries)
    return [entry for entry, thing in found if thing is not None and thing.pk is None]
