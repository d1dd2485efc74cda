"""The sources, organisations and places that rows name: what each is recognised as, and the entries of new ones.

Whether two are the same is decided in `cases.models.identity`. What a row names is

    the one that its case names already, if all that both state agrees, or if it was called so before;
    the one that somebody decided on;
    the one that is the same, stored or brought by another row;
    otherwise new. What is only alike is listed with it, to be asked once for the whole import.

Stored things are looked up together for many rows, by columns with an index: the work follows the rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from django_countries import countries

from cases.models.identity import WORD_FIELDS, Identity, identity_of, is_same, why_alike
from cases.models.registers import Registered, known_identity
from cases.record.addresses import FreeSlugs, taken_slugs, wanted_slug
from cases.record.registers import MAX_SLUGS_PER_QUERY
from cases.record.twins import MAX_ALIKE, MODELS, Recognised, recognise, same
from interchange.models import AlikeThing, Batch

from ..register_entries import RegisterEntry

MAX_NEAR = 20
"""The most new entries of nearly one name that a thing is compared with."""
COUNTRY_NAMES = dict(countries)
"""The names of the countries, in English, by code."""
NEW = "new"
ITS_SLUG = "its slug"
AS_DECIDED = "as decided"
BY_NUMBER = "the number in this table"


def place_name(name: str, country: str) -> str:
    """What a place is called: a country has its name in English."""
    return name or str(COUNTRY_NAMES.get(country, country))


def called(register: str, entry: Mapping[str, Any]) -> str:
    """An entry in words: Smith 2014 “Gardens”, Leeds, GB."""
    if register == "sources":
        title = f"“{entry['title']}”" if entry.get("title") else entry.get("doi") or entry.get("url")
        return " ".join(str(word) for word in (entry.get("authors"), entry.get("year"), title) if word)
    return ", ".join(str(entry[name]) for name in ("name", "admin_area", "country") if entry.get(name))


@dataclass(frozen=True)
class NamedThing:
    """What a row says of a thing of a register."""

    register: str
    entry: Mapping[str, Any]
    wanted: str = ""
    """The slug that it has in an export, or would get if it is new, where that is not made of its words."""
    number: str = ""
    """The number of its row in the table, where the row is a source of its own."""
    slug: str = ""
    """The slug by which it may be given instead of its name."""

    @cached_property
    def identity(self) -> Identity:
        return identity_of(self.register, self.entry)

    @property
    def known_by_number(self) -> bool:
        """Whether its words tell it from no other row of the table."""
        return bool(self.number) and not any(self.entry.get(name) for name in ("title", "doi", "url"))

    @cached_property
    def key(self) -> str:
        """By it the decision on what is alike is kept."""
        stated = (*self.identity.stated, self.number if self.known_by_number else "")
        return Identity(self.register, stated).key


class Recognition(NamedTuple):
    """What a thing was recognised as: its slug, why, its entry if it is new, and what it is like."""

    slug: str
    why: str
    entry: RegisterEntry | None = None
    alike: tuple[Mapping[str, Any], ...] = ()
    stands: Mapping[str, Any] | None = None
    """What is stored of it, or what another row says of it, by column."""


class Cited(NamedTuple):
    """A thing that the case of a row names already, and the keys of what it was called before."""

    thing: Registered
    before: frozenset[str] = frozenset()


@dataclass
class ThingsLookup:
    """What is stored of the things that rows name, and what the rows themselves bring."""

    decided: dict[tuple[str, str], str] = field(default_factory=dict)
    """By register and key: the slug of what somebody decided it is, or “new”."""
    found: dict[tuple[str, str], Recognised] = field(default_factory=dict)
    """By register and key: what is stored of the things that the rows at hand name."""
    by_slug: dict[tuple[str, str], Registered] = field(default_factory=dict)
    cited: dict[tuple[str, str], Cited] = field(default_factory=dict)
    """By register and slug: what the cases of the rows at hand name already."""
    new: dict[tuple[str, str], RegisterEntry] = field(default_factory=dict)
    """By register and slug: entries that only the rows bring."""
    keyed: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """By register, column and key: slugs of new entries."""
    taken: dict[str, set[str]] = field(default_factory=dict)
    """By register: those of the slugs wanted for the rows at hand that are not free."""
    free: dict[str, FreeSlugs] = field(default_factory=lambda: {name: FreeSlugs(name) for name in MODELS})

    @classmethod
    def of(cls, batch: Batch) -> ThingsLookup:
        """For a batch, with what was decided in it, and in earlier imports by its mapping."""
        earlier = AlikeThing.objects.filter(batch__mapping=batch.mapping, batch__status=Batch.Status.APPLIED)
        found = cls()
        for questions in (earlier, batch.alike_things):
            decided = questions.exclude(decision="").order_by("batch_id")
            found.decided |= {(reg, key): slug for reg, key, slug in decided.values_list("register", "key", "decision")}
        return found

    # Looking up for many rows

    def look_up(self, named: Iterable[NamedThing], cited: Mapping[str, Collection[str]]) -> None:
        """Look up what is stored of these things, and of what the cases cite by register and slug."""
        self.found, self.by_slug, self.cited = {}, {}, {}
        by_register: dict[str, list[NamedThing]] = defaultdict(list)
        for each in named:
            by_register[each.register].append(each)
        for register, things in by_register.items():
            self._look_up_stored(register, things)
        self.look_up_cited(cited)

    def look_up_cited(self, cited: Mapping[str, Collection[str]]) -> None:
        for register, slugs in cited.items():
            before = _called_before(register, slugs)
            self.cited |= {(register, slug): Cited(thing, before[slug]) for slug, thing in _stored(register, slugs)}

    def is_cited(self, named: NamedThing, cited: Collection[str]) -> bool:
        """Whether a case that names these slugs names this thing."""
        return any(self._why_cited(named, slug) for slug in cited)

    def _look_up_stored(self, register: str, named: Sequence[NamedThing]) -> None:
        distinct = list({each.key: each for each in named}.values())
        known = dict(
            zip([each.key for each in distinct], same(register, [each.entry for each in distinct]), strict=True)
        )
        unknown = [each for each in distinct if not known[each.key]]
        found = recognise(register, [each.entry for each in unknown])
        self.found |= {(register, key): Recognised(things, []) for key, things in known.items()}
        self.found |= {(register, each.key): stored for each, stored in zip(unknown, found, strict=True)}
        slugs = {slug for each in named for slug in (each.slug, each.wanted) if slug}
        self.by_slug |= {(register, slug): thing.current for slug, thing in _stored(register, slugs)}
        self.taken[register] = taken_slugs(register, {_wanted(each) for each in named})

    # Recognising one

    def recognise(self, named: NamedThing, cited: Collection[str] = ()) -> Recognition:
        """What a thing is, given the slugs of its register that its case names already."""
        known = self._cited(named, cited) or self._by_number(named)
        if known or named.known_by_number:
            return known or self._new(named)
        alike = self._alike(named)
        known = self._decided(named, alike) or self._same(named)
        return known._replace(alike=alike) if known else self._new(named, alike)

    def _cited(self, named: NamedThing, cited: Collection[str]) -> Recognition | None:
        reasons = {slug: why for slug in cited if (why := self._why_cited(named, slug))}
        best = min(reasons, key=lambda slug: CITED_REASONS.index(reasons[slug]), default="")
        return self._stands(self.cited[named.register, best].thing, reasons[best]) if best else None

    def _why_cited(self, named: NamedThing, slug: str) -> str:
        cited = self.cited.get((named.register, slug))
        if cited is None:
            return ""
        stands = known_identity(cited.thing)
        if named.known_by_number:
            return BY_NUMBER if re.fullmatch(rf"{re.escape(named.wanted)}(-\d+)?", slug) else ""
        if slug == named.slug or is_same(named.identity, stands):
            return CITED_SAME
        if named.number and slug == named.wanted and _may_be_renamed(named.identity, stands):
            return BY_NUMBER
        if named.identity.key in cited.before:
            return CITED_BEFORE
        return CITED_MORE if _states_more(stands, named.identity) else ""

    def _by_number(self, named: NamedThing) -> Recognition | None:
        """A source that only its number tells apart, brought by an earlier import."""
        if not named.known_by_number:
            return None
        stands = self.by_slug.get((named.register, named.wanted))
        same = stands and known_identity(stands).words == named.identity.words
        return self._stands(stands, BY_NUMBER) if stands and same else None

    def _same(self, named: NamedThing) -> Recognition | None:
        found = self.found.get((named.register, named.key))
        if found and found.same:
            thing = found.same[0]
            twins = f"; {len(found.same)} stand, which could be merged" if len(found.same) > 1 else ""
            return self._stands(thing, f"{why_same(named.identity, known_identity(thing))}{twins}")
        if stands := self.by_slug.get((named.register, named.slug)):
            return self._stands(stands, ITS_SLUG)
        for slug, entry in self._brought(named):
            if is_same(named.identity, stated := identity_of(named.register, entry)):
                why = f"{why_same(named.identity, stated)}; new in this file"
                return Recognition(slug, why, entry, stands=entry)
        return None

    def _brought(self, named: NamedThing) -> Iterator[tuple[str, RegisterEntry]]:
        """New entries that share a key with a thing, or are called nearly the same."""
        for column, key in _keys(named.identity):
            for slug in self.keyed.get((named.register, column, key), ()):
                yield slug, self.new[named.register, slug]

    def _alike(self, named: NamedThing) -> tuple[Mapping[str, Any], ...]:
        """What a person may mean by it: stored, or brought by other rows."""
        found = self.found.get((named.register, named.key))
        known = [
            (each.thing.slug, called(named.register, vars(each.thing)), each.why)
            for each in (found.alike if found else ())
        ]
        brought = [
            (slug, called(named.register, entry), why)
            for slug, entry in self._brought(named)
            if (why := why_alike(named.identity, identity_of(named.register, entry)))
        ]
        each = {slug: {"slug": slug, "name": name, "why": why} for slug, name, why in [*known, *brought]}
        return tuple(each.values())[:MAX_ALIKE]

    def _decided(self, named: NamedThing, alike: Iterable[Mapping[str, Any]]) -> Recognition | None:
        slug = self.decided.get((named.register, named.key), "")
        if slug not in {each["slug"] for each in alike}:
            return None
        return Recognition(slug, AS_DECIDED, self.new.get((named.register, slug)))

    def recognise_exported(self, named: NamedThing) -> Recognition:
        """What a thing of an export is: known by its slug where the words agree, otherwise by its words."""
        stands = self.by_slug.get((named.register, named.wanted))
        if stands and (why := self._why_exported(named, stands)):
            return self._stands(stands, why)
        alike = self._alike(named)
        known = self._decided(named, alike) or self._same(named)
        return known._replace(alike=alike) if known else self._new(named, alike)

    def _why_exported(self, named: NamedThing, stands: Registered) -> str:
        stated = known_identity(stands)
        if is_same(named.identity, stated):
            return ITS_SLUG
        if named.identity.key in _called_before(named.register, [stands.slug])[stands.slug]:
            return f"{ITS_SLUG}; it was called so before"
        why = why_alike(named.identity, stated)
        return f"{ITS_SLUG}; {why}" if why else ""

    # New ones

    def _new(self, named: NamedThing, alike: tuple[Mapping[str, Any], ...] = ()) -> Recognition:
        slug = self._free(named.register, _wanted(named))
        entry = {"register": named.register, "slug": slug, **named.entry}
        self.learn(entry)
        return Recognition(slug, NEW, entry, alike)

    @staticmethod
    def _stands(thing: Registered, why: str) -> Recognition:
        return Recognition(thing.slug, why, stands=vars(thing))

    def _free(self, register: str, wanted: str) -> str:
        free = self.free[register]
        if wanted in self.taken.get(register, {wanted}) or wanted in free.given:
            return free.take(wanted)
        free.given.add(wanted)
        return wanted

    def learn(self, entry: RegisterEntry) -> None:
        """Note the entry of a new thing, with its slug."""
        register, slug = str(entry["register"]), str(entry["slug"])
        if (register, slug) in self.new:
            return
        self.new[register, slug] = entry
        self.free[register].given.add(slug)
        for column, key in _keys(identity_of(register, entry)):
            near = self.keyed[register, column, key]
            if column != "likeness" or len(near) < MAX_NEAR:
                near.append(slug)


CITED_SAME = "the case names it already"
CITED_BEFORE = "the case names it already; it was called so before"
CITED_MORE = "the case names it already; what both say agrees"
CITED_REASONS = (CITED_SAME, BY_NUMBER, CITED_BEFORE, CITED_MORE)
"""Why it is what the case names already, the surest first."""


def why_same(one: Identity, other: Identity) -> str:
    if one.doi and one.doi == other.doi:
        return "the same DOI"
    if one.url and one.url == other.url:
        return "the same address"
    stated = [name.replace("_", " ") for name, word in one.by_field.items() if word]
    return f"the same {' and '.join(filter(None, [', '.join(stated[:-1]), *stated[-1:]]))}"


def _keys(identity: Identity) -> list[tuple[str, str]]:
    keys = {name.removesuffix("_key"): getattr(identity, name) for name in ("key", "doi_key", "url_key")}
    return [(name, key) for name, key in {**keys, "likeness": identity.likeness}.items() if key]


def _states_more(one: Identity, other: Identity) -> bool:
    """Whether one states all that the other states, and more."""
    pairs = list(zip(one.stated, other.stated, strict=True))
    names_agree = any(mine and mine == theirs for mine, theirs in pairs)
    return names_agree and all(mine == theirs or not theirs for mine, theirs in pairs)


def _may_be_renamed(one: Identity, other: Identity) -> bool:
    """Whether the source of a row may be called otherwise by now: authors or title agree, nothing else differs."""
    mine, theirs = one.by_field, other.by_field
    apart = [(mine["year"], theirs["year"]), (one.doi, other.doi), (one.url, other.url)]
    return any(mine[name] == theirs[name] for name in ("authors", "title")) and not any(
        here and there and here != there for here, there in apart
    )


def _wanted(named: NamedThing) -> str:
    return named.wanted or wanted_slug(named.register, named.entry)


def _stored(register: str, slugs: Collection[str]) -> Iterator[tuple[str, Registered]]:
    """The stored things with these slugs."""
    wanted = list(slugs)
    for start in range(0, len(wanted), MAX_SLUGS_PER_QUERY):
        things: Any = MODELS[register].objects.select_related("replaced_by")
        for thing in things.filter(slug__in=wanted[start : start + MAX_SLUGS_PER_QUERY]):
            yield thing.slug, thing


def _called_before(register: str, slugs: Collection[str]) -> Mapping[str, frozenset[str]]:
    """By slug: the keys of the words that things had at any time."""
    found: dict[str, set[str]] = defaultdict(set)
    history = MODELS[register].history.filter(slug__in=list(slugs)[:MAX_SLUGS_PER_QUERY])  # type: ignore[attr-defined]  # of each
    for slug, *words in history.values_list("slug", *WORD_FIELDS[register]).distinct() if slugs else ():
        found[slug].add(identity_of(register, dict(zip(WORD_FIELDS[register], words, strict=True))).key)
    return defaultdict(frozenset, {slug: frozenset(keys) for slug, keys in found.items()})
