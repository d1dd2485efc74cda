"""Table 20.1 as a page or a program is shown it: numbers of cases and practices, kinds of gap, links."""

from __future__ import annotations

import msgspec

from .dimensions import AXES, AXIS_FLAGS, NONE_RECORDED, CellKey, CellTally, MatrixCounts
from .facets import QueryLinks
from .parameters import CaseFilterSet

MATRIX_MODES = (*AXIS_FLAGS["mode"], NONE_RECORDED)


THIN_BELOW = 3  # entries that report a result

GAP_WORDS = {
    "none": "no case yet",
    "unknown-mode": "mode not said",
    "no-result": "no result reported",
    "thin": "thin",
    "evaluated": "well evidenced",
}
"""The kinds of gap of a cell, in words. See `gap_kind`."""


def gap_kind(tally: CellTally, *, unsaid: int) -> str:
    """Return which kind of gap a cell is.

    `unsaid` is the number of entries of the same type and co-producer that say no mode: where there are some, the cell
    may not be empty. A cell is `thin` if fewer than three entries report a result, or none on the level of an
    evaluation.
    """
    if not tally.total:
        return "unknown-mode" if unsaid else "none"
    if not tally.reporting:
        return "no-result"
    return "thin" if tally.reporting < THIN_BELOW or not tally.evaluated else "evaluated"


def _apart(practices: int, others: int) -> str:
    words = [_plural(practices, "practice"), _plural(others, "other")]
    return f"+ {', '.join(filter(None, words))}" if any(words) else ""


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}" if number else ""


class MatrixCell(msgspec.Struct, frozen=True, gc=False):
    """The entries with one type, co-producer and mode in one arrangement.

    `evident` of them report a result. `cases` are named cases; `practices` those without a case here that is an
    instance. `unsaid` entries of this type and co-producer say no mode.
    """

    actor: str
    mode: str
    count: int
    evident: int
    url: str
    cases: int = 0
    practices: int = 0
    unsaid: int = 0
    gap: str = ""

    @property
    def told(self) -> int:
        """The named cases together with the practices."""
        return self.cases + self.practices

    @property
    def apart(self) -> str:
        """What is counted apart from the named cases: "+ 2 practices, 1 other"."""
        return _apart(self.practices, self.others)

    @property
    def apart_together(self) -> str:
        """What is counted apart where practices are not."""
        return _apart(0, self.others)

    @property
    def others(self) -> int:
        """The entries in it that are neither counted cases nor counted practices."""
        return self.count - self.told

    @property
    def is_gap(self) -> bool:
        """Whether no case could stand here unseen: nobody of this type and co-producer leaves the mode unsaid."""
        return self.gap == "none" and self.mode != NONE_RECORDED

    @property
    def note(self) -> str:
        """What the cell says besides its numbers: how many report a result, or which kind of gap it is."""
        match self.gap:
            case "none":
                return "no case yet" if self.mode != NONE_RECORDED else "none"
            case "unknown-mode":
                return f"mode not said in {self.unsaid}"
            case "no-result":
                return "no result reported"
        results = f"{self.evident} report{'s' if self.evident == 1 else ''} a result"
        return f"{results} (thin)" if self.gap == "thin" else results

    @property
    def actor_words(self) -> str:
        return "service users" if self.actor == "user" else "communities"

    @property
    def mode_words(self) -> str:
        return "mode not said" if self.mode == NONE_RECORDED else self.mode


class MatrixRow(msgspec.Struct, frozen=True):
    """A type with its six cells; `total` counts each case once."""

    type: str
    label: str
    depth: int
    total: int
    url: str
    cells: list[MatrixCell]
    cases: int = 0
    practices: int = 0

    @property
    def told(self) -> int:
        """The named cases together with the practices."""
        return self.cases + self.practices

    @property
    def apart(self) -> str:
        return _apart(self.practices, self.total - self.told)

    @property
    def apart_together(self) -> str:
        return _apart(0, self.total - self.told)


class Matrix(msgspec.Struct, frozen=True):
    """Table 20.1 for a query, ignoring its choices of type, co-producer and mode."""

    coded: int
    uncoded: int
    uncoded_url: str
    rows: list[MatrixRow]

    @property
    def largest(self) -> int:
        """The largest number shown in a cell."""
        return max((cell.told for row in self.rows for cell in row.cells), default=0)


def _matrix_cell(table: MatrixCounts, cell: CellKey, begin: str) -> MatrixCell:
    kind, actor, mode = cell
    tally = table.cells[cell]
    unsaid = table.cells[kind, actor, NONE_RECORDED].total if mode != NONE_RECORDED else 0
    return MatrixCell(
        actor,
        mode,
        tally.total,
        tally.reporting,
        f"{begin}{kind}&actor={actor}&mode={mode}",
        tally.cases,
        tally.practices,
        unsaid,
        gap_kind(tally, unsaid=unsaid),
    )


def build_matrix(filterset: CaseFilterSet, links: QueryLinks) -> Matrix:
    table = filterset.answer.table()
    aside: dict[str, list[str]] = {name: [] for name in (*AXES, "match")}
    begin = links.adding("type", aside)
    rows = [
        MatrixRow(
            option.value,
            option.label,
            option.depth,
            table.cells[option.value, "", ""].total,
            begin + option.value,
            [
                _matrix_cell(table, (option.value, actor, mode), begin)
                for actor in AXIS_FLAGS["actor"]
                for mode in MATRIX_MODES
            ],
            table.cells[option.value, "", ""].cases,
            table.cells[option.value, "", ""].practices,
        )
        for option in filterset.grammar.options["type"]
    ]
    return Matrix(table.coded, table.uncoded, begin + NONE_RECORDED, rows)
