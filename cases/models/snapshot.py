"""One view of the database for as long as a reader needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection

from .catalogue import Catalogue

BEGIN_SQL = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
VERSIONS_SQL = str(Catalogue.objects.filter(pk=1).values_list("version", "public").query)


class CatalogueVersions(NamedTuple):
    """The versions that the catalogue is at; empty where they are not known, and nothing may be kept."""

    whole: str = ""
    public: str = ""

    def seen(self, *, drafts: bool) -> str:
        """Return the version of what those see who see drafts, or everyone."""
        return self.whole if drafts else self.public


@contextmanager
def snapshot() -> Iterator[CatalogueVersions]:
    """Read the database as it is now, whatever is written meanwhile; gives the catalogue's versions.

    Nothing may be written inside. In a transaction that runs already, that transaction is what is read.
    """
    if connection.in_atomic_block or _opened() is not None:
        yield catalogue_versions()
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_SQL[connection.vendor])  # not atomic(), which asks SQLite for the write lock at once
        try:
            connection.versions_seen = seen = catalogue_versions()  # type: ignore[attr-defined]  # known to this module alone
            yield seen
        finally:
            connection.versions_seen = None  # type: ignore[attr-defined]  # as above
            cursor.execute("COMMIT")


def _opened() -> CatalogueVersions | None:
    """Return the versions that the running snapshot shows; None where none is running."""
    seen: CatalogueVersions | None = getattr(connection, "versions_seen", None)
    return seen


def catalogue_versions() -> CatalogueVersions:
    """Return the versions that the catalogue is at."""
    if (seen := _opened()) is not None:
        return seen
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS_SQL)
        row = cursor.fetchone()
    return CatalogueVersions(*row) if row else CatalogueVersions()


def catalogue_version() -> str:
    """Return the version that the catalogue is at as a whole."""
    return catalogue_versions().whole
