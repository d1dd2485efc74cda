"""What stands around a record: the other titles, the terms that are retired, the texts of the sources."""

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
from taxonomy.models import Term

from .duplicates import TitleIndex


@dataclass(frozen=True)
class CheckContext:
    """What a rule may look at besides the record.

    `texts` holds, by slug, the text of each source that is named; None where none is held. `retired_terms` holds, by
    vocabulary and slug, the label of the term to code with instead, or an empty string. `own` are the slugs of the case
    itself.
    """

    year: int
    titles: TitleIndex = field(default_factory=TitleIndex)
    texts: Mapping[str, str | None] = field(default_factory=dict)
    retired: Mapping[tuple[str, str], str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, records: Iterable[Mapping[str, Any]], *, reader: Reader, own: Iterable[str | None] = ()
    ) -> CheckContext:
        """Look up what stands around some records."""
        listed = list(records)
        return cls(
            year=timezone.now().year,
            titles=_titles(reader),
            texts=source_texts(slug for record in listed for slug in slugs_under(record, "source")),
            retired=retired_terms(),
            countries=TitleIndex.countries(slug for record in listed for slug in slugs_under(record, "places")),
            own=frozenset(filter(None, own)),
        )


def _titles(reader: Reader) -> TitleIndex:
    """Return the titles that a reader may see, gathered once for each version of the catalogue."""
    seen, drafts = catalogue_version(), sees_drafts(reader)
    kept = _gathered.get(drafts)
    if kept is None or not seen or kept[0] != seen:
        kept = _gathered[drafts] = (seen, TitleIndex.of(Case.objects.visible_to(reader)))
    return kept[1]


_gathered: dict[bool, tuple[str, TitleIndex]] = {}


def retired_terms() -> dict[tuple[str, str], str]:
    """Return, by vocabulary and slug, each term that is not coded with any more, and the label of the one instead."""
    gone = Term.objects.exclude(retired_at=None).values_list("vocabulary__slug", "slug", "replaced_by__label")
    return {(vocabulary, slug): instead or "" for vocabulary, slug, instead in gone}


def source_texts(slugs: Iterable[str]) -> dict[str, str | None]:
    """Return the texts of sources by slug; None where none is held, or where it is not the one that was recorded."""
    named = sorted(set(slugs))[:MAX_SLUGS_PER_QUERY]
    recorded = Source.objects.filter(slug__in=named).values_list("slug", "text_sha256")
    return {slug: read_source_text(slug, checksum) for slug, checksum in recorded}


def source_text_file(slug: str) -> Path:
    """Return where the text of a source is held, if one is."""
    return Path(settings.DATA_DIR) / "sources" / f"{slug}.txt"


def read_source_text(slug: str, checksum: str) -> str | None:
    """Return the text of a source from the folder `sources` in the folder of the data; its SHA-256 must agree."""
    file = source_text_file(slug)
    if not checksum or not file.is_file():
        return None
    stat = file.stat()
    return _read(file, checksum, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read(file: Path, checksum: str, changed: int, size: int) -> str | None:  # noqa: ARG001 - a changed file is read anew
    content = file.read_bytes()
    return content.decode() if hashlib.sha256(content).hexdigest() == checksum else None
