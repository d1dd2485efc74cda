"""What the registers hold of things that somebody gives: the same, and what is only alike.

The rules are those of `cases.models.identity`. Entries are mappings by column; any number is looked up in a few
queries for each 200 of them, all of which use indexes. What was merged counts as the thing that it leads to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from ..models import Organisation, Place, Source
from ..models.identity import NAME_FIELDS, Identity, identity_of, is_same, why_alike
from ..models.registers import Registered, known_identity

MODELS: dict[str, type[Registered]] = {model.REGISTER: model for model in (Source, Organisation, Place)}
LOOKUP_BATCH_SIZE = 200
NEIGHBOURS = 5
"""How many things before and after a name, in alphabetical order, are compared with it."""
MAX_ALIKE = 3
MAX_FOUND = 5_000
"""The most things that are read for one batch by each of its keys."""


class Alike(NamedTuple):
    """A stored thing that somebody may mean, and why: "the same name but for accents, punctuation or script"."""

    thing: Any
    why: str


class Recognised(NamedTuple):
    """What is stored of an entry. It is known if exactly one thing is the `same`; anything else is to be asked."""

    same: list[Any]
    alike: list[Alike]

    @property
    def known(self) -> Any:
        return self.same[0] if len(self.same) == 1 else None


def recognise(register: str, entries: Sequence[Mapping[str, Any]]) -> list[Recognised]:
    """Look up what is the same as each entry, and at most `MAX_ALIKE` things that are alike, for each entry."""
    return [_compare(identity, found) for identity, found in _candidates(register, entries, neighbours=True)]


def same(register: str, entries: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Look up only what is the same as each entry: one thing, none, or several where twins stand."""
    return [_compare(identity, found).same for identity, found in _candidates(register, entries, neighbours=False)]


def twin_mistake(thing: Registered) -> dict[str, str]:
    """Why a thing cannot be saved, by column: the same stands already. Empty if it does not, or always did."""
    before = type(thing).objects.filter(pk=thing.pk).first() if thing.pk else None
    identity = known_identity(thing)
    if before and known_identity(before).stated == identity.stated:
        return {}
    twins = [each for each in same(thing.REGISTER, [vars(thing)])[0] if each.pk != thing.pk]
    name = NAME_FIELDS[thing.REGISTER]
    return {name: f"The same stands already: “{twins[0]}” ({twins[0].slug}). Use that one."} if twins else {}


def _compare(identity: Identity, candidates: Iterable[Registered]) -> Recognised:
    same_things: dict[int, Any] = {}
    alike: dict[int, Alike] = {}
    for thing in candidates:
        stands, current = known_identity(thing), thing.current
        if is_same(identity, stands):
            same_things[current.pk] = current
        elif why := why_alike(identity, stands):
            alike.setdefault(current.pk, Alike(current, why))
    others = [each for key, each in alike.items() if key not in same_things]
    return Recognised(list(same_things.values()), others[:MAX_ALIKE])


def _candidates(
    register: str, entries: Sequence[Mapping[str, Any]], *, neighbours: bool
) -> Iterator[tuple[Identity, Iterable[Registered]]]:
    """Each entry's identity, with the stored things that it is to be compared with."""
    model = MODELS[register]
    for start in range(0, len(entries), LOOKUP_BATCH_SIZE):
        identities = [identity_of(register, entry) for entry in entries[start : start + LOOKUP_BATCH_SIZE]]
        found = _by_keys(model, identities)
        near = _neighbours(model, [each.likeness for each in identities]) if neighbours else {}
        for each in identities:
            keyed = [thing for key in _keys(each) for thing in found.get(key, ())]
            yield each, [*keyed, *near.get(each.likeness, ())]


def _keys(identity: Identity) -> list[tuple[str, str]]:
    """The columns and values that find what may be the same."""
    keys = {"identity": identity.key, "doi_key": identity.doi_key, "url_key": identity.url_key}
    return [(column, key) for column, key in keys.items() if key]


def _by_keys(model: type[Registered], identities: Iterable[Identity]) -> dict[tuple[str, str], list[Registered]]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for column, key in (pair for identity in identities for pair in _keys(identity)):
        wanted[column].add(key)
    found: dict[tuple[str, str], list[Registered]] = defaultdict(list)
    for column, keys in wanted.items():
        things = model.objects.select_related("replaced_by").filter(**{f"{column}__in": keys}).order_by("pk")
        for thing in things[:MAX_FOUND]:
            found[column, getattr(thing, column)].append(thing)
    return found


def _neighbours(model: type[Registered], likenesses: Iterable[str]) -> dict[str, list[Registered]]:
    """The things that stand next to each likeness in alphabetical order. Two queries."""
    words = list(dict.fromkeys(filter(None, likenesses)))
    if not words:
        return {}
    table, around = model._meta.db_table, (("<", "DESC"), (">=", "ASC"))
    sql = " UNION ALL ".join(
        f"SELECT {number}, id FROM (SELECT id FROM {table} WHERE likeness {sign} %s"  # noqa: S608 - our own names
        f" ORDER BY likeness {order} LIMIT {NEIGHBOURS}) AS near"
        for number in range(len(words))
        for sign, order in around
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [word for word in words for _ in around])
        rows = cursor.fetchall()
    things = model.objects.select_related("replaced_by").in_bulk([key for _, key in rows])
    near: dict[str, list[Registered]] = defaultdict(list)
    for number, key in rows:
        near[words[number]].append(things[key])
    return near
