"""The cases that fail each rule, over the whole catalogue.

Results are cached. A case is checked again when it has a new version; all cases are, when a term is retired, the text
of a source is added or removed, or a new year begins. Titles are compared again after every change of the catalogue.
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
from .context import CheckContext, published_practices, read_source_text, retired_terms, source_text_file
from .duplicates import TitleIndex

FINDINGS_FORM = 2  # of the cached results: increase it when a rule changes
FINDINGS_CACHE_KEY = f"cases.review.checks.{FINDINGS_FORM}"
CHECK_BATCH_SIZE = 500
TITLE_RULE_CODES = ("title-twice", "title-alike")
SINGLE_CASE_RULES = [rule for rule in RULES if rule.code not in TITLE_RULE_CODES]

FailingCases = Mapping[str, Sequence[int]]
"""Primary keys of the cases that fail a rule, by the code of the rule."""

CodesByCase = dict[int, tuple[int, list[str]]]
"""Version of a case and the codes of the rules that it fails, by primary key."""


class CachedFindings(NamedTuple):
    """Results, valid for one version of the catalogue and one checksum of the context."""

    version: str
    context: str
    found: CodesByCase
    failing: FailingCases


def find_failing_cases() -> FailingCases:
    """Primary keys of the cases that fail each rule; withdrawn cases are ignored."""
    current, context = catalogue_version(), _shared_context()
    retired, practices = sorted(map(str, context.retired.items())), sorted(context.practices)
    token = record_checksum([context.year, retired, practices, _available_texts()])
    stored = cache.get(FINDINGS_CACHE_KEY)
    cached = CachedFindings(*stored) if stored else None
    if cached and cached.context == token and current and cached.version == current:
        return cached.failing
    found = _check_changed(cached.found if cached and cached.context == token else {}, context)
    failing_cases = _group_by_code(found)
    cache.set(FINDINGS_CACHE_KEY, (current, token, found, failing_cases), timeout=None)
    return failing_cases


def _shared_context() -> CheckContext:
    named = Case.objects.exclude(instance_of="").order_by().values_list("instance_of", flat=True).distinct()
    return CheckContext(year=timezone.now().year, retired=retired_terms(), practices=published_practices(named))


def _available_texts() -> list[tuple[str, str, int]]:
    """Sources whose text we have: slug, checksum and modification time in nanoseconds."""
    recorded = Source.objects.exclude(text_sha256="").order_by("slug").values_list("slug", "text_sha256")
    files = ((slug, sha, source_text_file(slug)) for slug, sha in recorded)
    return [(slug, sha, file.stat().st_mtime_ns) for slug, sha, file in files if file.is_file()]


def _check_changed(before: CodesByCase, context: CheckContext) -> CodesByCase:
    """Failed rules of each case; only cases that are new or changed since `before` are checked."""
    current = CurrentVersion.objects.exclude(state=State.WITHDRAWN)
    versions = dict(current.values_list("case_id", "number"))
    changed = [key for key, number in versions.items() if key not in before or before[key][0] != number]
    texts = {slug: read_source_text(slug, sha) for slug, sha, _ in _available_texts()} if changed else {}
    whole = CheckContext(year=context.year, retired=context.retired, texts=texts)
    read = dict(_check_cases(changed, whole))
    return {key: read.get(key) or before[key] for key in versions if key in read or key in before}


def _check_cases(keys: Sequence[int], context: CheckContext) -> Iterator[tuple[int, tuple[int, list[str]]]]:
    for start in range(0, len(keys), CHECK_BATCH_SIZE):
        rows = CurrentVersion.objects.filter(pk__in=keys[start : start + CHECK_BATCH_SIZE])
        for key, number, record in rows.values_list("case_id", "number", "record"):
            yield key, (number, [rule.code for rule in SINGLE_CASE_RULES if any(rule.findings(record, context))])


def _group_by_code(found: CodesByCase) -> FailingCases:
    failing_cases: defaultdict[str, list[int]] = defaultdict(list)
    for key, (_, codes) in found.items():
        for code in codes:
            failing_cases[code].append(key)
    for key, code in _check_titles():
        failing_cases[code].append(key)
    return dict(failing_cases)


def _check_titles() -> Iterator[tuple[int, str]]:
    """Yield each case with a duplicate candidate as (primary key, rule code)."""
    titles = TitleIndex.of(Case.objects.all())
    keys = dict(Case.objects.order_by().values_list("slug", "pk"))
    for each in (each for each in titles.everything if each.slug in keys):
        if titles.same(each.folded, {each.slug}):
            yield keys[each.slug], "title-twice"
        if any(other.folded != each.folded for other, _ in titles.similar(each, {each.slug})):
            yield keys[each.slug], "title-alike"
