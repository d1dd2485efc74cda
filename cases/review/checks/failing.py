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
from cases.models.snapshot import catalogue_version
from cases.models.version import CurrentVersion
from cases.record.convert import record_checksum

from . import RULES
from .context import CheckContext, read_source_text, retired_terms, source_text_file
from .duplicates import TitleIndex

FINDINGS_FORM = 1  # of what is kept: another one when a rule finds other things
FINDINGS_CACHE_KEY = f"cases.review.checks.{FINDINGS_FORM}"
CHECK_BATCH_SIZE = 500
TITLE_RULE_CODES = ("title-twice", "title-alike")
SINGLE_CASE_RULES = [rule for rule in RULES if rule.code not in TITLE_RULE_CODES]

FailingCases = Mapping[str, Sequence[int]]
"""By the code of a rule, the keys of the cases in which it finds something."""

CodesByCase = dict[int, tuple[int, list[str]]]
"""By the key of a case, its version and the codes of what was found in it."""


class CachedFindings(NamedTuple):
    """What was found, and when that holds."""

    version: str
    context: str
    found: CodesByCase
    failing: FailingCases


def find_failing_cases() -> FailingCases:
    """Return which cases each rule finds something in; withdrawn ones are left aside."""
    seen, context = catalogue_version(), _around()
    token = record_checksum([context.year, sorted(map(str, context.retired.items())), _held()])
    stored = cache.get(FINDINGS_CACHE_KEY)
    cached = CachedFindings(*stored) if stored else None
    if cached and cached.context == token and seen and cached.version == seen:
        return cached.failing
    found = _found(cached.found if cached and cached.context == token else {}, context)
    listed = _by_code(found)
    cache.set(FINDINGS_CACHE_KEY, (seen, token, found, listed), timeout=None)
    return listed


def _around() -> CheckContext:
    return CheckContext(year=timezone.now().year, retired=retired_terms())


def _held() -> list[tuple[str, str, int]]:
    """Return the sources of which a text is held, with their checksums and when they changed."""
    recorded = Source.objects.exclude(text_sha256="").order_by("slug").values_list("slug", "text_sha256")
    files = ((slug, sha, source_text_file(slug)) for slug, sha in recorded)
    return [(slug, sha, file.stat().st_mtime_ns) for slug, sha, file in files if file.is_file()]


def _found(before: CodesByCase, context: CheckContext) -> CodesByCase:
    """Return what is found in each case; only those are read whose version is not that of `before`."""
    current = CurrentVersion.objects.exclude(state=State.WITHDRAWN)
    versions = dict(current.values_list("case_id", "number"))
    changed = [key for key, number in versions.items() if key not in before or before[key][0] != number]
    texts = {slug: read_source_text(slug, sha) for slug, sha, _ in _held()} if changed else {}
    whole = CheckContext(year=context.year, retired=context.retired, texts=texts)
    read = dict(_read(changed, whole))
    return {key: read.get(key) or before[key] for key in versions if key in read or key in before}


def _read(keys: Sequence[int], context: CheckContext) -> Iterator[tuple[int, tuple[int, list[str]]]]:
    for start in range(0, len(keys), CHECK_BATCH_SIZE):
        rows = CurrentVersion.objects.filter(pk__in=keys[start : start + CHECK_BATCH_SIZE])
        for key, number, record in rows.values_list("case_id", "number", "record"):
            yield key, (number, [rule.code for rule in SINGLE_CASE_RULES if any(rule.findings(record, context))])


def _by_code(found: CodesByCase) -> FailingCases:
    listed: defaultdict[str, list[int]] = defaultdict(list)
    for key, (_, codes) in found.items():
        for code in codes:
            listed[code].append(key)
    for key, code in _by_title():
        listed[code].append(key)
    return dict(listed)


def _by_title() -> Iterator[tuple[int, str]]:
    """Yield each case that is called as another one is, or nearly so."""
    titles = TitleIndex.of(Case.objects.all())
    keys = dict(Case.objects.order_by().values_list("slug", "pk"))
    for each in (each for each in titles.everything if each.slug in keys):
        if titles.same(each.folded, {each.slug}):
            yield keys[each.slug], "title-twice"
        if any(other.folded != each.folded for other, _ in titles.similar(each, {each.slug})):
            yield keys[each.slug], "title-alike"
