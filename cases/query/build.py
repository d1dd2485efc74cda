"""Building the index of the catalogue from the tables, and caching the latest one in the process.

Callers state the version of the catalogue. An index of another version is never used: a small catalogue is indexed
again at once, a large one in the background, and SQL is used until that is done.
"""

from __future__ import annotations

import logging
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock, Thread
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from pyroaring import BitMap

from taxonomy.codebook import Codebook

from ..models import Absence, Arrangement, Case, State
from ..models.snapshot import snapshot
from ..schema import NO_EVIDENCE_TERM
from .bitmaps import ArrangementKind, BitmapIndex, BitmapsByValue, TableCell, union_bitmaps
from .dimensions import (
    ABSENCE_VALUES,
    AXES,
    AXIS_FLAGS,
    DIMENSIONS,
    NONE_RECORDED,
    CellKey,
    Dimension,
    cell_keys,
    evaluated_levels,
)
from .groups import GROUPS, group_of
from .orderings import GroupedOrdering, Ordering, RankedOrdering, ReverseTitleOrdering, TitleOrdering

log = logging.getLogger(__name__)

MAX_CASES_BUILT_AT_ONCE = 5_000  # while a reader waits: about a tenth of a second
INDEX_FETCH_SIZE = 20_000  # rows fetched at a time
ONGOING_YEAR = 10_000  # the last year of ongoing cases
MAX_KEY_SPARSITY = 20  # possible keys per case; above this, a mapping takes less memory than a list

TableRow = tuple[Any, ...]
BitmapsByKey = dict[Any, BitMap]


class IndexCache:
    """The latest index in this process."""

    def __init__(self) -> None:
        self.index: BitmapIndex | None = None
        self.failed = ""
        """The version for which building the index failed."""
        self.making = Lock()


index_cache = IndexCache()


def get_index(version: str) -> BitmapIndex | None:
    """Return the index of the catalogue at `version`, or None if SQL must be used."""
    if not version or settings.QUERY_ENGINE == "sql":
        return None
    index = index_cache.index
    if index is not None and index.version == version:
        return index
    if Case.objects.order_by("pk")[MAX_CASES_BUILT_AT_ONCE : MAX_CASES_BUILT_AT_ONCE + 1].exists():
        if index_cache.failed != version:
            _build_in_background(version)
        return None
    with index_cache.making:
        if index_cache.index is None or index_cache.index.version != version:
            index_cache.index = build_index(version)
        return index_cache.index


def _build_in_background(version: str) -> None:
    if index_cache.making.acquire(blocking=False):
        Thread(target=_build, args=[version], daemon=True).start()


def _build(version: str) -> None:
    """Build the index of the latest version, which may be newer than the requested `version`."""
    try:
        with snapshot() as versions:
            index_cache.index = build_index(versions.whole)
    except Exception:
        index_cache.failed = version
        log.exception("The index could not be made; SQL answers until something is written.")
    finally:
        index_cache.making.release()
        connection.close()


def build_index(version: str) -> BitmapIndex:
    """Build the index of the catalogue as it is in the current snapshot."""
    keys, grouped, columns = _cases()
    places = places_by_key(keys)
    everything = BitMap(range(len(keys)))
    codebook = Codebook.load()
    values = {
        name: _counted_values(dimension, _stored_values(dimension, grouped, places), grouped, codebook, everything)
        for name, dimension in DIMENSIONS.items()
    }
    absent_kinds = grouped["arrangements_absent"]
    first, last = _years_of_activity(columns)
    index = BitmapIndex(
        version=version,
        keys=keys,
        places=places,
        published=values["status"].get(State.PUBLISHED, BitMap()),
        everything=everything,
        values=values,
        arranged=[*_arrangement_kinds(places, codebook), *_empty_arrangement_kinds(absent_kinds)],
        unarranged=union_bitmaps(cases for kind, cases in absent_kinds.items() if kind),
        evident=everything
        - union_bitmaps(values["evidence"].get(name, BitMap()) for name in (NONE_RECORDED, NO_EVIDENCE_TERM)),
        evaluated=union_bitmaps(values["evidence"].get(name, BitMap()) for name in evaluated_levels(codebook)),
        groups=_groups(values["kind"], values["role"]),
        practice_of=_practices(places),
        began=first,
        ended=last,
        orders=_orders(columns),
    )
    index.tabled = _table_cells(index, codebook)
    return index


def _groups(kinds: BitmapsByValue, roles: BitmapsByValue) -> dict[str, BitMap]:
    """Return the entries by group."""
    found: defaultdict[str, list[BitMap]] = defaultdict(list)
    for kind, of_kind in kinds.items():
        for role, of_role in roles.items() if kind not in ABSENCE_VALUES else ():
            if role not in ABSENCE_VALUES or role == NONE_RECORDED:
                found[group_of(kind, "" if role == NONE_RECORDED else role)].append(of_kind & of_role)
    return {name: union_bitmaps(found[name]) for name in GROUPS}


def _practices(places: Any) -> dict[int, int]:
    """Return by place of an instance the place of its practice."""
    practices = Case.objects.named_practices()
    told = Case.objects.exclude(instance_of="").order_by().values_list("pk", "instance_of")
    return {places[key]: places[practices[address]] for key, address in told if address in practices}


# Reading the tables

SORT_COLUMNS = ("year_start", "year_end", "ongoing", "changed")  # `changed` is text, which sorts like the time
GROUP_COLUMNS = (
    *("arrangements_absent", *(dimension.path for dimension in DIMENSIONS.values() if dimension.is_column)),
    *dict.fromkeys(dimension.absent for dimension in DIMENSIONS.values() if dimension.absent),
)


class PlacesByValue(defaultdict[Any, "array[int]"]):
    def __init__(self) -> None:
        super().__init__(lambda: array("I"))

    def bitmaps(self) -> BitmapsByKey:
        return {value: BitMap(places) for value, places in self.items()}


def _row_batches(rows: QuerySet[Any, Any]) -> Iterator[Sequence[TableRow]]:
    """Yield batches of rows, past the ORM."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        while batch := cursor.fetchmany(INDEX_FETCH_SIZE):
            yield batch


def _cases() -> tuple[array[int], dict[str, BitmapsByKey], dict[str, list[Any]]]:
    """Return the primary keys of all cases by title, the places by value of each group column, and the sort columns."""
    keys = array("Q")
    groups = {name: PlacesByValue() for name in GROUP_COLUMNS}
    columns: dict[str, list[Any]] = {name: [] for name in SORT_COLUMNS}
    rows = Case.objects.order_by("sort_key", "slug").annotate(changed=Cast("updated_at", CharField()))
    for batch in _row_batches(rows.values_list("pk", *SORT_COLUMNS, *GROUP_COLUMNS)):
        batch_keys, *column_values = zip(*batch, strict=True)
        for column, more in zip(columns.values(), column_values, strict=False):
            column.extend(more)
        for group, more in zip(groups.values(), column_values[len(columns) :], strict=True):
            for place, value in enumerate(more, len(keys)):
                group[value].append(place)
        keys.extend(batch_keys)
    return keys, {name: group.bitmaps() for name, group in groups.items()}, columns


def places_by_key(keys: Sequence[int]) -> Mapping[int, int] | Sequence[int]:
    """Return the place of each key: as a list if the keys are dense enough, since it is a tenth as large."""
    last = max(keys, default=0)
    if last > MAX_KEY_SPARSITY * len(keys):
        return {key: place for place, key in enumerate(keys)}
    places = array("I", bytes(4 * (last + 1)))
    for place, key in enumerate(keys):
        places[key] = place
    return places


def _stored_values(dimension: Dimension, grouped: Mapping[str, BitmapsByKey], places: Any) -> BitmapsByKey:
    """Return the cases by value of a dimension, as stored."""
    if dimension.path in grouped:
        return {value: cases for value, cases in grouped[dimension.path].items() if value not in (None, "")}
    relation, _, column = dimension.path.partition("__")
    found = PlacesByValue()
    there = Case.objects.order_by().filter(**{f"{relation}__isnull": False})
    for batch in _row_batches(there.values_list("pk", relation)):
        for key, value in batch:
            found[value].append(places[key])
    return _values_of_related(relation, column, found) if column else found.bitmaps()


def _values_of_related(relation: str, column: str, found: PlacesByValue) -> BitmapsByKey:
    """Return the cases by value of a column of related objects; empty values are left out."""
    things = Case._meta.get_field(relation).related_model
    named: defaultdict[str, list[BitMap]] = defaultdict(list)
    for key, value in things._default_manager.values_list("pk", column):  # type: ignore[union-attr]  # a relation's model
        if value and key in found:
            named[str(value)].append(BitMap(found[key]))
    return {value: union_bitmaps(cases) for value, cases in named.items()}


# From columns to values


def _counted_values(
    dimension: Dimension,
    present: BitmapsByKey,
    grouped: Mapping[str, BitmapsByKey],
    codebook: Codebook,
    everything: BitMap,
) -> dict[str, BitMap]:
    """Return the cases that count under each value of a dimension: terms and their broader ones, kinds of nothing."""
    found: defaultdict[str, list[BitMap]] = defaultdict(list)
    above = codebook.self_and_broader(dimension.vocabulary)
    for value, cases in present.items():
        for name in [term.slug for term in above[value]] if dimension.vocabulary else [value]:
            found[name].append(cases)
    without = everything - union_bitmaps(present.values())
    for kind, cases in _absence_kinds(dimension, grouped, without):
        found[kind].append(cases)
        found[NONE_RECORDED].append(cases)
    return {name: union_bitmaps(cases) for name, cases in found.items()}


def _absence_kinds(
    dimension: Dimension, grouped: Mapping[str, BitmapsByKey], without: BitMap
) -> Iterator[tuple[str, BitMap]]:
    """Yield the cases by kind of nothing. No value and no stated kind means "not coded"."""
    stated = grouped[dimension.absent] if dimension.absent else {}
    yield from ((kind, cases) for kind, cases in stated.items() if kind)
    yield Absence.NOT_CODED.value, without - union_bitmaps(cases for kind, cases in stated.items() if kind)


def _arrangement_kinds(places: Any, codebook: Codebook) -> Iterator[ArrangementKind]:
    """Yield the cases by kind of arrangement, that is, type, co-producers and modes."""
    found = PlacesByValue()
    flags = [*AXIS_FLAGS["actor"], *AXIS_FLAGS["mode"]]
    for batch in _row_batches(Arrangement.objects.order_by().values_list("case", "type", "mode_absent", *flags)):
        for row in batch:
            found[row[1:]].append(places[row[0]])
    above = codebook.self_and_broader("type")
    for (type_, absent, *set_), cases in found.bitmaps().items():
        there = {flag for flag, is_set in zip(flags, set_, strict=True) if is_set}
        answers = {
            "type": frozenset(term.slug for term in above[type_]),
            "actor": frozenset(AXIS_FLAGS["actor"]) & there,
            "mode": frozenset({NONE_RECORDED, absent} if absent else set(AXIS_FLAGS["mode"]) & there),
        }
        yield ArrangementKind(answers, cases)


def _empty_arrangement_kinds(absent_kinds: BitmapsByKey) -> Iterator[ArrangementKind]:
    """Yield the cases without arrangements by kind of nothing, as having one empty arrangement."""
    for kind, cases in absent_kinds.items():
        if kind:
            yield ArrangementKind(dict.fromkeys(AXES, frozenset({NONE_RECORDED, kind})), cases)


def _years_of_activity(columns: Mapping[str, Sequence[Any]]) -> tuple[BitmapsByKey, BitmapsByKey]:
    """Return the cases by first and by last year of activity. A case with only one known year has that as both."""
    first, last = PlacesByValue(), PlacesByValue()
    years = zip(columns["year_start"], columns["year_end"], columns["ongoing"], strict=True)
    for place, (start, end, runs) in enumerate(years):
        if start is not None or end is not None:
            first[end if start is None else start].append(place)
            last[ONGOING_YEAR if runs and start is not None else start if end is None else end].append(place)
    return first.bitmaps(), last.bitmaps()


def _orders(columns: Mapping[str, Sequence[Any]]) -> dict[str, Ordering]:
    return {
        "title": TitleOrdering(),
        "-title": ReverseTitleOrdering(),
        "year": GroupedOrdering.by(columns["year_start"]),
        "-year": GroupedOrdering.by(columns["year_start"], backwards=True),
        "updated": RankedOrdering.by(columns["changed"]),
        "-updated": RankedOrdering.by(columns["changed"], backwards=True),
    }


def _table_cells(index: BitmapIndex, codebook: Codebook) -> dict[CellKey, TableCell]:
    """Return the entries in each cell and row of Table 20.1."""
    return {
        cell: _table_cell(
            index,
            index.agreeing(
                frozenset((axis, frozenset({value})) for axis, value in zip(AXES, cell, strict=True) if value)
            ),
        )
        for cell in cell_keys(term.slug for term in codebook["type"])
    }


def _table_cell(index: BitmapIndex, entries: BitMap) -> TableCell:
    cases = entries & index.groups["cases"]
    return TableCell(
        entries,
        cases,
        entries & index.groups["practices"],
        entries & index.evident,
        entries & index.evaluated,
        cases & index.instances,
    )
