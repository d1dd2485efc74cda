"""Cases of earlier imports that likely rest on another's source, organisation or place, and how they are parted.

Imports once knew these by a slug that was cut and had only Latin letters, so things with other words became one. The
rows still have their cells: a case is mistaken if its row says other words than everything that the case names in that
register, and the old rule would have taken one of these for it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from cases import actions
from cases.models import Case
from cases.models.identity import why_alike
from cases.models.registers import Registered, known_identity
from cases.record.twins import MODELS, same

from ..models import Batch, ImportRow, RowOutcome
from .planning import own
from .planning.assembling import things_cited
from .planning.known import current_records
from .planning.named import named_in
from .planning.specs import MappingSpec
from .planning.things import NamedThing, ThingsLookup, called
from .planning.values import RowValues, read_values
from .reading.names import fold_name

ROWS_AT_ONCE = 500
OLD_LENGTHS = {"sources": 70, "organisations": 110, "places": 100}
REASON = "The import had taken one for the other."


class Mistaken(NamedTuple):
    """A case, what it names, and what its row said instead."""

    row: ImportRow
    case: Case
    stands: Registered
    said: NamedThing

    @property
    def key(self) -> str:
        """By it a person chooses it."""
        return f"{self.row.pk}:{self.said.register}:{self.stands.slug}:{self.said.key}"

    @property
    def in_words(self) -> dict[str, str]:
        register = self.said.register
        return {
            "register": register.removesuffix("s"),
            "stands": called(register, vars(self.stands)),
            "said": called(register, self.said.entry),
        }


def find_mistaken(*, after: int = 0, rows: Collection[int] | None = None) -> tuple[list[Mistaken], int | None]:
    """What is mistaken in the next rows of applied imports; and the key of the last one, or None at the end."""
    applied = ImportRow.objects.filter(batch__status=Batch.Status.APPLIED, case__isnull=False, pk__gt=after)
    chosen = applied if rows is None else applied.filter(pk__in=rows)
    some = list(chosen.exclude(outcome=RowOutcome.REFUSE).select_related("batch", "case").order_by("pk")[:ROWS_AT_ONCE])
    return list(_mistaken_in(some)), some[-1].pk if len(some) == ROWS_AT_ONCE else None


def find_all_mistaken() -> Iterator[Mistaken]:
    after: int | None = 0
    while after is not None:
        found, after = find_mistaken(after=after)
        yield from found


@transaction.atomic
def part(*, mistaken: Iterable[Mistaken], by: User | None, reason: str = REASON) -> int:
    """Let the cases name what their rows said: what stands already, or new things. Return how many were parted."""
    groups: dict[tuple[str, int, str], list[Mistaken]] = defaultdict(list)
    for each in mistaken:
        groups[each.said.register, each.stands.pk, each.said.key].append(each)
    for (register, *_), group in groups.items():
        cases = {each.case.pk: each.case for each in group}
        actions.split_thing(
            thing=group[0].stands,
            cases=list(cases.values()),
            into=_entered(register, group[0].said, by),
            by=by,
            reason=reason,
        )
    return sum(map(len, groups.values()))


def _entered(register: str, said: NamedThing, by: User | None) -> Registered:
    """The thing that stands with these words, or a new one."""
    fields = MODELS[register]._meta.concrete_fields
    columns = {field.name for field in fields if field.editable and not field.primary_key}
    given = {name: value for name, value in said.entry.items() if name in columns and value is not None}
    stands = same(register, [given])[0]
    return stands[0] if stands else actions.create_thing(register=register, given=given, by=by)


def _mistaken_in(rows: Sequence[ImportRow]) -> Iterator[Mistaken]:
    current = current_records(row.case_id for row in rows if row.case_id)
    lookup = ThingsLookup()
    lookup.look_up_cited(things_cited([each.record for each in current.values()]))
    for row in rows:
        case = row.case
        cited = things_cited(current[case.pk].record) if case and case.pk in current else {}
        for said in _said_in(row) if case else ():
            if (stands := _taken_for(said, cited.get(said.register, ()), lookup)) and case:
                yield Mistaken(row, case, stands, said)


def _said_in(row: ImportRow) -> Iterable[NamedThing]:
    """What the cells of a row name."""
    spec = MappingSpec.of(row.batch.mapping, row.batch.spec)
    if spec.own and own.has_record(row.cells):
        _, entries, _ = own.record_in(row.cells, RowValues(row.number))
        return own.exported_things(entries)
    return named_in(read_values(spec, row.number, row.cells, {}), spec.name)


def _taken_for(said: NamedThing, cited: Collection[str], lookup: ThingsLookup) -> Registered | None:
    """The thing that stands instead of what was said; None if what was said stands."""
    if said.known_by_number or lookup.is_cited(said, cited):
        return None
    things = [lookup.cited[said.register, slug].thing for slug in cited if (said.register, slug) in lookup.cited]
    return next((thing for thing in things if _was_one(said, thing)), None)


def _was_one(said: NamedThing, thing: Registered) -> bool:
    """Whether a thing was taken for what was said by the old rule."""
    if said.wanted and not said.number:
        return thing.slug == said.wanted and not why_alike(said.identity, known_identity(thing))
    if said.register == "sources":
        return thing.slug in {said.wanted, _old_slug(said)}
    name = str(said.entry["name"])
    return fold_name(name) == fold_name(str(vars(thing)["name"])) or thing.slug.startswith(_old_slug(said))


def _old_slug(said: NamedThing) -> str:
    names = ("authors", "year", "title") if said.register == "sources" else ("name",)
    given = " ".join(str(word) for name in names if (word := said.entry.get(name)))
    slug = slugify(given)[: OLD_LENGTHS[said.register]].strip("-")
    return slug or f"{said.register.removesuffix('s')}-{hashlib.sha256(given.encode(errors='replace')).hexdigest()[:8]}"


def part_chosen(chosen: Collection[str], *, by: User | None, reason: str) -> int:
    """Part what was chosen by key, as far as it is still mistaken."""
    found, _ = find_mistaken(rows=_rows_of(chosen))
    return part(mistaken=[each for each in found if each.key in set(chosen)], by=by, reason=reason)


def _rows_of(chosen: Iterable[str]) -> set[int]:
    return {int(row) for row, _, _ in (key.partition(":") for key in chosen) if row.isdecimal() and len(row) < 19}
