"""Which cases each rule finds something in, over the whole catalogue.

What was found is kept in the cache. A case is read again when its version moved on, and all of them when a term is
retired, the text of a source comes or goes, or a year ends. Titles are compared anew whenever the catalogue changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from django.core.cache import cache
from django.utils import timezone

from cases.models import Case, Source, State
from cases.models.snapshot import version
from cases.models.version import Standing
from cases.records import checksum

from . import RULES
from .alike import Titles
from .surroundings import Surroundings, file_of, held, retired

FORM = 1  # of what is kept: another one when a rule finds other things
KEY = f"cases.checks.{FORM}"
BATCH = 500
BY_TITLE = ("title-twice", "title-alike")
ALONE = [rule for rule in RULES if rule.code not in BY_TITLE]

Failing = Mapping[str, Sequence[int]]
"""By the code of a rule, the keys of the cases in which it finds something."""

Found = dict[int, tuple[int, list[str]]]
"""By the key of a case, its version and the codes of what was found in it."""


class Kept(NamedTuple):
    """What was found, and when that holds."""

    version: str
    around: str
    found: Found
    failing: Failing


def failing() -> Failing:
    """Return which cases each rule finds something in; withdrawn ones are left aside."""
    seen, around = version(), _around()
    token = checksum([around.year, sorted(map(str, around.retired.items())), _held()])
    stored = cache.get(KEY)
    kept = Kept(*stored) if stored else None
    if kept and kept.around == token and seen and kept.version == seen:
        return kept.failing
    found = _found(kept.found if kept and kept.around == token else {}, around)
    listed = _by_code(found)
    cache.set(KEY, (seen, token, found, listed), timeout=None)
    return listed


def _around() -> Surroundings:
    return Surroundings(year=timezone.now().year, retired=retired())


def _held() -> list[tuple[str, str, int]]:
    """Return the sources of which a text is held, with their checksums and when they changed."""
    recorded = Source.objects.exclude(text_sha256="").order_by("slug").values_list("slug", "text_sha256")
    files = ((slug, sha, file_of(slug)) for slug, sha in recorded)
    return [(slug, sha, file.stat().st_mtime_ns) for slug, sha, file in files if file.is_file()]


def _found(before: Found, around: Surroundings) -> Found:
    """Return what is found in each case; only those are read whose version is not that of `before`."""
    standing = Standing.objects.exclude(state=State.WITHDRAWN)
    versions = dict(standing.values_list("case_id", "number"))
    changed = [key for key, number in versions.items() if key not in before or before[key][0] != number]
    texts = {slug: held(slug, sha) for slug, sha, _ in _held()} if changed else {}
    whole = Surroundings(year=around.year, retired=around.retired, texts=texts)
    read = dict(_read(changed, whole))
    return {key: read.get(key) or before[key] for key in versions if key in read or key in before}


def _read(keys: Sequence[int], around: Surroundings) -> Iterator[tuple[int, tuple[int, list[str]]]]:
    for start in range(0, len(keys), BATCH):
        rows = Standing.objects.filter(pk__in=keys[start : start + BATCH])
        for key, number, record in rows.values_list("case_id", "number", "record"):
            yield key, (number, [rule.code for rule in ALONE if any(rule.findings(record, around))])


def _by_code(found: Found) -> Failing:
    listed: defaultdict[str, list[int]] = defaultdict(list)
    for key, (_, codes) in found.items():
        for code in codes:
            listed[code].append(key)
    for key, code in _by_title():
        listed[code].append(key)
    return dict(listed)


def _by_title() -> Iterator[tuple[int, str]]:
    """Yield each case that is called as another one is, or nearly so."""
    titles = Titles.of(Case.objects.all())
    keys = dict(Case.objects.order_by().values_list("slug", "pk"))
    for each in (each for each in titles.everything if each.slug in keys):
        if titles.same(each.folded, {each.slug}):
            yield keys[each.slug], "title-twice"
        if any(other.folded != each.folded for other, _ in titles.alike(each, {each.slug})):
            yield keys[each.slug], "title-alike"
