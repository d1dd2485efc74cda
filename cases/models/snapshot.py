"""A consistent view of the database over several queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection

from .catalogue import Catalogue

BEGIN_SQL = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
VERSIONS_SQL = str(Catalogue.objects.filter(pk=1).values_list("version", "public").query)


class CatalogueVersions(NamedTuple):
    """The current versions of the catalogue; empty if unknown, in which case nothing may be cached."""

    whole: str = ""
    public: str = ""

    def seen(self, *, drafts: bool) -> str:
        """Return the version for readers who see drafts, or for everyone else."""
        return self.whole if drafts else self.public


@contextmanager
def snapshot() -> Iterator[CatalogueVersions]:
    """Read from one consistent state of the database, regardless of concurrent writes; yields the catalogue's versions.

    Nothing may be written inside. Within a running transaction, that transaction is used.
    """
    if connection.in_atomic_block or _snapshot_versions() is not None:
        yield catalogue_versions()
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_SQL[connection.vendor])  # not atomic(), which takes the write lock on SQLite
        try:
            connection.versions_seen = seen = catalogue_versions()  # type: ignore[attr-defined]  # used only in this module
            yield seen
        finally:
            connection.versions_seen = None  # type: ignore[attr-defined]  # as above
            cursor.execute("COMMIT")


def _snapshot_versions() -> CatalogueVersions | None:
    """The versions of the running snapshot; None if there is none."""
    seen: CatalogueVersions | None = getattr(connection, "versions_seen", None)
    return seen


def catalogue_versions() -> CatalogueVersions:
    """The versions of the running snapshot, or else of the database as it is now."""
    if (seen := _snapshot_versions()) is not None:
        return seen
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS_SQL)
        row = cursor.fetchone()
    return CatalogueVersions(*row) if row else CatalogueVersions()


def catalogue_version() -> str:
    """The version of the whole catalogue, drafts included."""
    return catalogue_versions().whole
