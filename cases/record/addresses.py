"""Free slugs for new cases and new things of the registers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Manager, QuerySet
from django.db.models.functions import Lower

from taxonomy.slugs import RESERVED_SLUGS, make_slug, number_slug, slug_mistake

from ..models import Case, OldAddress, Organisation, Place, Source

MAX_LETTERS = {"cases": 120, "sources": 80, "organisations": 120, "places": 120}
SLUG_WORDS = {"sources": ("authors", "year", "title"), "organisations": ("name",), "places": ("name",)}
HOLDERS: dict[str, tuple[Manager[Any], ...]] = {
    "cases": (Case.objects, OldAddress.objects),
    "sources": (Source.objects,),
    "organisations": (Organisation.objects,),
    "places": (Place.objects,),
}
"""Who has slugs, by register. What was merged keeps its row and its slug."""
NUMBERS_AT_ONCE = 50
"""Numbered slugs of one word that are looked up in one query."""


def taken_slugs(register: str, slugs: Iterable[str]) -> set[str]:
    """Those of the slugs, in lower case, that something has or had in any case of letters, or that are reserved."""
    wanted = set(slugs)
    return (wanted & RESERVED_SLUGS).union(*(_lower(holder).filter(lower__in=wanted) for holder in HOLDERS[register]))


def _lower(holder: Manager[Any]) -> QuerySet[Any, Any]:
    return holder.annotate(lower=Lower("slug")).order_by().values_list("lower", flat=True)


def address_mistake(slug: str, case: int | None = None) -> str:
    """Why a new case, whose row may have the key `case` already, cannot have a slug; empty if it can."""
    if mistake := slug_mistake(slug):
        return mistake
    if _lower(Case.objects).filter(lower=slug).exclude(pk=case).exists():
        return "Another case has this address; choose another, or change that case."
    if _lower(OldAddress.objects).filter(lower=slug).exists():
        return "Another case had this address, and is still found by it; choose another."
    return ""


def wanted_slug(register: str, given: Mapping[str, Any]) -> str:
    """The slug that an entry of a register would get, if it is free."""
    words = [given.get(name) for name in SLUG_WORDS[register]]
    return make_slug(*words, fallback=register.removesuffix("s"), most=MAX_LETTERS[register] - 10)


def free_thing_slug(register: str, given: Mapping[str, Any]) -> str:
    return FreeSlugs(register).take(wanted_slug(register, given))


@dataclass
class FreeSlugs:
    """Slugs of a register that nothing has or had; each is given once. A query for each word that is not known yet."""

    register: str
    given: set[str] = field(default_factory=set)
    """Slugs that are not free, although they are not stored: those of earlier rows."""
    _numbers: Counter[str] = field(default_factory=Counter)

    def take(self, wanted: str) -> str:
        """The slug, or the first number of it that is free: wanted, wanted-2, wanted-3."""
        most = MAX_LETTERS[self.register]
        while True:
            first = self._numbers[wanted] + 1
            numbered = {n: number_slug(wanted, n, most) for n in range(first, first + NUMBERS_AT_ONCE)}
            taken = taken_slugs(self.register, numbered.values()) | self.given
            number = next((n for n, slug in numbered.items() if slug not in taken), None)
            self._numbers[wanted] = number or first + NUMBERS_AT_ONCE - 1
            if number:
                self.given.add(numbered[number])
                return numbered[number]
