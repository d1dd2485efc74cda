"""What checks need besides the record: titles of other cases, retired terms, texts of sources."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from cases.models import Case, Source
from cases.models.case import Reader, sees_drafts
from cases.models.snapshot import catalogue_version
from cases.record.registers import MAX_SLUGS_PER_QUERY, slugs_under
from cases.schema import PRACTICE_TERM
from taxonomy.models import Term

from .duplicates import TitleIndex


@dataclass(frozen=True)
class CheckContext:
    """What a rule may look at besides the record.

    `texts` has the text of each source mentioned, by slug; None if we do not have it. `retired` has, by vocabulary and
    slug, the label of the term to use instead, or an empty string. `practices` are the published practices that a
    record names, `own` the slugs of the case itself.
    """

    year: int
    titles: TitleIndex = field(default_factory=TitleIndex)
    texts: Mapping[str, str | None] = field(default_factory=dict)
    retired: Mapping[tuple[str, str], str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    practices: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, records: Iterable[Mapping[str, Any]], *, reader: Reader, own: Iterable[str | None] = ()
    ) -> CheckContext:
        """Load the context of some records."""
        loaded = list(records)
        return cls(
            year=timezone.now().year,
            titles=_titles(reader),
            texts=source_texts(slug for record in loaded for slug in slugs_under(record, "source")),
            retired=retired_terms(),
            countries=TitleIndex.countries(slug for record in loaded for slug in slugs_under(record, "places")),
            practices=published_practices(slug for record in loaded for slug in slugs_under(record, "instance_of")),
            own=frozenset(filter(None, own)),
        )


def published_practices(slugs: Iterable[str]) -> frozenset[str]:
    """Return those of some slugs that are addresses, or former ones, of published practices."""
    wanted = sorted(set(slugs))[:MAX_SLUGS_PER_QUERY]
    practices = Case.objects.published().filter(kind__slug=PRACTICE_TERM)
    return frozenset(practices.by_address(wanted)) if wanted else frozenset()


def _titles(reader: Reader) -> TitleIndex:
    """The titles that a reader may see, cached per version of the catalogue."""
    version, drafts = catalogue_version(), sees_drafts(reader)
    cached = _title_cache.get(drafts)
    if cached is None or not version or cached[0] != version:
        cached = _title_cache[drafts] = (version, TitleIndex.of(Case.objects.visible_to(reader)))
    return cached[1]


_title_cache: dict[bool, tuple[str, TitleIndex]] = {}


def retired_terms() -> dict[tuple[str, str], str]:
    """Retired terms by vocabulary and slug, each with the label of its replacement, or an empty string."""
    retired = Term.objects.exclude(retired_at=None).values_list("vocabulary__slug", "slug", "replaced_by__label")
    return {(vocabulary, slug): instead or "" for vocabulary, slug, instead in retired}


def source_texts(slugs: Iterable[str]) -> dict[str, str | None]:
    """Texts of sources by slug; None if there is none, or if its checksum is not the recorded one."""
    wanted = sorted(set(slugs))[:MAX_SLUGS_PER_QUERY]
    recorded = Source.objects.filter(slug__in=wanted).values_list("slug", "text_sha256")
    return {slug: read_source_text(slug, checksum) for slug, checksum in recorded}


def source_text_file(slug: str) -> Path:
    return Path(settings.DATA_DIR) / "sources" / f"{slug}.txt"


def read_source_text(slug: str, checksum: str) -> str | None:
    """Read the text of a source from `sources` in the data folder; None if missing or if its SHA-256 differs."""
    file = source_text_file(slug)
    if not checksum or not file.is_file():
        return None
    stat = file.stat()
    return _read(file, checksum, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read(file: Path, checksum: str, changed: int, size: int) -> str | None:  # noqa: ARG001 - part of the cache key: a changed file is read again
    content = file.read_bytes()
    return content.decode() if hashlib.sha256(content).hexdigest() == checksum else None
