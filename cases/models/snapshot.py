"""One view of the database for as long as a reader needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection

from .catalogue import Catalogue

BEGIN = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
VERSIONS = str(Catalogue.objects.filter(pk=1).values_list("version", "public").query)


class Versions(NamedTuple):
    """The versions that the catalogue is at; empty where they are not known, and nothing may be kept."""

    whole: str = ""
    public: str = ""

    def seen(self, *, drafts: bool) -> str:
        """Return the version of what those see who see drafts, or everyone."""
        return self.whole if drafts else self.public


@contextmanager
def snapshot() -> Iterator[Versions]:
    """Read the database as it is now, whatever is written meanwhile; gives the catalogue's versions.

    Nothing may be written inside. In a transaction that runs already, that transaction is what is read.
    """
    if connection.in_atomic_block or _opened() is not None:
        yield versions()
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN[connection.vendor])  # not atomic(), which asks SQLite for the write lock at once
        try:
            connection.versions_seen = seen = versions()  # type: ignore[attr-defined]  # known to this module alone
            yield seen
        finally:
            connection.versions_seen = None  # type: ignore[attr-defined]  # as above
            cursor.execute("COMMIT")


def _opened() -> Versions | None:
    """Return the versions that the running snapshot shows; None where none is running."""
    seen: Versions | None = getattr(connection, "versions_seen", None)
    return seen


def versions() -> Versions:
    """Return the versions that the catalogue is at."""
    if (seen := _opened()) is not None:
        return seen
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS)
        row = cursor.fetchone()
    return Versions(*row) if row else Versions()


def version() -> str:
    """Return the version that the catalogue is at as a whole."""
    return versions().whole
