"""The fates of rows: each read, put together, validated, and held against what stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ValidationError

from cases import records
from cases.compare.outline import same, settled
from cases.models import Case, State

from ..entries import Entry, address, made, mistakes_in, registers_with, says
from ..matters import RowSerializer, reader
from ..models import Batch, Decision, Fate, ImportRow
from ..reading.names import folded
from ..reading.problems import Problem, Severity, shown, warning
from . import own
from .assembling import Draft, assembled, bare
from .fields import FIELDS
from .known import Known, Standings, standing_records
from .specs import OWN, Spec
from .values import MAPPING, Values, values_of

TURN = re.compile(r" \(\d+\)$")

Standing = tuple[int, dict[str, Any], str]
"""The version of a case, what it says, its state."""


@dataclass
class _Work:
    """A row on its way to its fate."""

    row: ImportRow
    values: Values
    stated: str = ""
    """The state that the case had where it was exported."""
    whole: tuple[dict[str, Any], list[Any]] | None = None
    """The record that the row brings, and its entries."""
    draft: Draft | None = None
    numbered: bool = False
    """Whether its address was made of its title."""
    met: int = 0
    """How many problems were met already when the row was read from its file."""


class Planner:
    """Plans the rows of a batch, some hundred at a time; what stands is looked up once."""

    def __init__(self, batch: Batch, again: Iterable[ImportRow] = ()) -> None:
        """Look at what stands, and at what the rows planned before would enter, but for those planned `again`."""
        self.batch = batch
        self.spec = Spec.of(batch.mapping, batch.spec)
        self.known = Standings.look(self.spec.name)
        self.taken: dict[str, int] = {}
        """By address: the number of the row that has it."""
        self.checked: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """By register and slug: what is wrong with a new entry."""
        self.turns = Counter[str]()
        """By title: how many rows have it that have neither number nor address."""
        planned = batch.rows.exclude(fate=Fate.WAITING).exclude(pk__in=[row.pk for row in again])
        for row in planned.only("number", "slug", "title", "entries", "external_id", "fate").iterator():
            self.turns[TURN.sub("", row.external_id)] += 1
            if row.fate != Fate.REFUSE:
                self._remember(row)

    def plan(self, rows: Sequence[ImportRow]) -> list[ImportRow]:
        """Give each of these rows its fate; the rows are not saved."""
        works = [self._read(row) for row in rows]
        standing = standing_records(row.case_id for row in rows if row.case_id)
        for work in works:
            self._assemble(work, standing.get(work.row.case_id or 0))
        drafts = [work.draft for work in works if work.draft]
        registers, _ = registers_with(
            [draft.record for draft in drafts], [entry for draft in drafts for entry in draft.entries]
        )
        serializer = reader(registers)
        for work in works:
            self._judge(work, standing.get(work.row.case_id or 0), serializer)
        return [work.row for work in works]

    # What a row says

    def _read(self, row: ImportRow) -> _Work:
        """Read the cells of a row, and find the case that it is about."""
        row.fate, row.record, row.entries = Fate.WAITING, None, []
        row.likely = row.likely if row.decision == Decision.CHANGE else []
        work = _Work(row, Values(row.number, problems=_met(row)))
        work.met = len(work.values.problems)
        if work.met and not row.cells:
            return work
        if self.spec.own and own.has_record(row.cells):
            record, entries, work.stated = own.record_in(row.cells, work.values)
            own.edits(row.cells, record, entries, work.values, self.known.labels)
            work.whole = (record, entries)
            row.slug, row.title = str(record.get("slug") or "")[:120], str(record.get("title") or "")[:200]
        else:
            met = work.values.problems
            work.values = values_of(self.spec, row.number, row.cells, self.known.labels)
            work.values.problems[:0] = met
            row.slug = str(work.values.one("slug") or "")[:120]
        row.title = str(work.values.one("title") or row.title)[:200]
        self._identify(work)
        return work

    def _identify(self, work: _Work) -> None:
        """Find the case of a row: the one decided on, or known by its number or its address; else make an address."""
        row = work.row
        if row.decision == Decision.CHANGE and row.case_id:
            row.slug = self.known.addresses[row.case_id]
            return
        row.external_id = str(work.values.one("external_id") or row.external_id)[:200]
        if not row.slug and not row.external_id and row.title:
            row.external_id = self._by_title(row.title)
        row.case_id = self.known.imported.get(row.external_id)
        if row.case_id:
            row.slug = self.known.addresses[row.case_id]
        elif row.slug:
            stands = self.known.cases.get(row.slug)
            row.case_id = stands.pk if stands else None
        elif row.title:
            row.slug = self.known.free(address(row.title, fallback="case", most=100), self.taken)
            work.numbered = True
        self._keep_address(row, work.values)

    def _keep_address(self, row: ImportRow, values: Values) -> None:
        """Keep the address of a row from the rows after it, and refuse a second row about the same case."""
        if not row.slug:
            return
        first = self.taken.setdefault(row.slug, row.number)
        if first != row.number:
            values.wrong("slug", f"Row {first} is about the same case, “{row.slug}”. Keep one of the two.")
        elif row.slug not in self.known.cases:
            self.known.add(Known(None, row.slug, row.title, frozenset(), frozenset()))

    def _by_title(self, given: str) -> str:
        """Return what a row without a number or an address is known by: its title, and which of several it is."""
        title = folded(given)[:180]
        self.turns[title] += 1
        return f"{title} ({self.turns[title]})" if self.turns[title] > 1 else title

    def _assemble(self, work: _Work, standing: Standing | None) -> None:
        """Put what a row says together, and keep its address from the rows after it."""
        row, values = work.row, work.values
        if values.problems and not values.given and not work.whole:
            return
        base, entries = work.whole or (standing[1] if standing else None, [])
        work.draft = assembled(values, base, self.known, self.spec.name)
        work.draft.entries += entries
        if standing:
            work.draft.record = bare(work.draft.record, standing[1])
        work.draft.record["slug"] = row.slug or "untitled"
        if not standing:
            self._look_alike(work)
        if row.slug in self.known.cases and not self.known.cases[row.slug].pk:
            places = frozenset(map(str, work.draft.record.get("places") or ()))
            self.known.add(Known(None, row.slug, row.title, places, frozenset(work.draft.countries)))

    def _remember(self, row: ImportRow) -> None:
        """Keep what a row that was planned before would enter from the rows now."""
        for entry in () if self.spec.own else row.entries:
            self.known.learn(entry)
        self._keep_address(row, Values(row.number))

    def _look_alike(self, work: _Work) -> None:
        """Note which cases a new one may be already. Cases with addresses of their own in one table are not alike."""
        row, draft = work.row, work.draft
        if draft is None:
            return
        places = [str(slug) for slug in draft.record.get("places") or ()]
        found = self.known.alike(row.title, places, draft.countries)
        row.likely = [
            {"slug": case.slug, "title": case.title, "score": score, "row": self.taken.get(case.slug)}
            for case, score in found
            if case.slug != row.slug and (case.pk or (work.numbered and self.taken[case.slug] < row.number))
        ]

    # What becomes of it

    def _judge(self, work: _Work, standing: Standing | None, serializer: RowSerializer) -> None:
        """Validate a row as the write does, and say what becomes of it."""
        row, values = work.row, work.values
        matter = self._valid(work, serializer) if work.draft else None
        row.problems = [_kept(problem, read=turn < work.met) for turn, problem in enumerate(values.problems)]
        refused = any(problem.severity is Severity.ERROR for problem in values.problems)
        if matter is None or refused or work.draft is None:
            row.fate = Fate.REFUSE
            row.record, row.entries = (work.draft.record, []) if work.draft else (None, [])
            return
        row.record = records.plain(matter)
        row.entries = _new(work.draft, serializer.context["registers"])
        row.title = row.record["title"]
        row.publish = self._publishes(work, standing)
        if row.publish and (lacks := records.lacking_in(row.record)):
            row.publish = False
            told = warning(f"It stays a draft. {' '.join(lacks.values())}").at(row.number, "state")
            row.problems.append(_kept(told, read=False))
        row.version = standing[0] if standing else None
        row.fate = self._fate(row, standing)

    def _fate(self, row: ImportRow, standing: Standing | None) -> Fate:
        if standing:
            unchanged = same(settled(standing[1]), settled(row.record or {})) and not row.publish
            return Fate.SAME if unchanged else Fate.CHANGE
        return Fate.DUPLICATE if row.likely else Fate.CREATE

    def _publishes(self, work: _Work, standing: Standing | None) -> bool:
        """Tell whether a case is to be published that was, where it came from."""
        now = standing[2] if standing else State.DRAFT
        return self.batch.publish and work.stated == State.PUBLISHED and now in {State.DRAFT, State.IN_REVIEW}

    def _valid(self, work: _Work, serializer: RowSerializer) -> Any:
        """Return the matter of a record, or None, having noted what is wrong with it, by column."""
        draft = work.draft
        if draft is None:
            return None
        self._check_entries(draft, serializer.context["registers"])
        row = work.row
        if not row.case_id and row.slug in self.known.old:
            work.values.wrong("slug", "Another case had this address, and is still found by it; choose another.")
        try:
            return serializer.matter(draft.record, Case(pk=row.case_id, slug=row.slug) if row.case_id else None)
        except ValidationError as error:
            for path, message in records.paths_of(error.detail):
                column, raw = _origin(path, draft)
                work.values.note(Problem(row.number, column, shown(raw), message), column)
            return None

    def _check_entries(self, draft: Draft, registers: records.Registers) -> None:
        for entry in draft.entries:
            stands = registers.things[entry["register"]].get(entry["slug"])
            if stands is None:
                continue
            if stands.pk:
                if self.spec.name == OWN and not says(stands, entry):
                    message = f"“{entry['slug']}” stands in the {entry['register']} and says something else; it stays."
                    draft.values.note(warning(message, entry["slug"]), "record")
                continue
            for name, message in self._wrong_with(entry):
                own, _ = draft.values.origins.get(f"source_{name}", (f"{entry['register']}: {name}", ""))
                column = own if entry["register"] == "sources" else f"{entry['register']}: {name}"
                draft.values.note(Problem(None, "", shown(entry.get(name)), message), column)

    def _wrong_with(self, entry: Entry) -> list[tuple[str, str]]:
        """Return what is wrong with a new entry; each is looked at once."""
        key = (str(entry["register"]), str(entry["slug"]))
        if key not in self.checked:
            self.checked[key] = mistakes_in(made(entry))
        return self.checked[key]


def _new(draft: Draft, registers: records.Registers) -> list[Entry]:
    """Return the entries of a row that do not stand yet."""
    found = ((entry, registers.things[entry["register"]].get(entry["slug"])) for entry in draft.entries)
    return [entry for entry, thing in found if thing is not None and thing.pk is None]


def _met(row: ImportRow) -> list[Problem]:
    """Return what was met when the row was read from its file."""
    read = [problem for problem in row.problems if problem.get("read")]
    return [
        Problem(row.number, each["column"], each["value"], each["message"], Severity(each["severity"])) for each in read
    ]


def _kept(problem: Problem, *, read: bool) -> dict[str, Any]:
    return {
        "read": read,
        "column": problem.column,
        "value": problem.value,
        "message": problem.message,
        "severity": str(problem.severity),
    }


def _origin(path: str, draft: Draft) -> tuple[str, object]:
    """Return the column, and what stands in it, that a path of the record comes from."""
    for name, (column, raw) in draft.values.origins.items():
        wanted = FIELDS[name].path if name in FIELDS else ""
        if wanted and (path == wanted or path.startswith(f"{wanted}[")):
            return (f"{column}: {name}" if column == MAPPING else column), raw
    value: Any = draft.record.get(path.partition(".")[0].partition("[")[0])
    return path, "" if isinstance(value, dict | list) else value
