"""One view of the database for as long as a reader needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from .catalogue import Catalogue

VERSION = str(Catalogue.objects.filter(pk=1).values_list("version").query)
BEGIN = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


@contextmanager
def snapshot() -> Iterator[str]:
    """Read the database as it is now, whatever is written meanwhile; gives the catalogue's version.

    Nothing may be written inside. In a transaction that runs already, that transaction is what is read.
    """
    if connection.in_atomic_block or _opened() is not None:
        yield version()
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN[connection.vendor])  # not atomic(), which asks SQLite for the write lock at once
        try:
            connection.version_seen = seen = version()  # type: ignore[attr-defined]  # known to this module alone
            yield seen
        finally:
            connection.version_seen = None  # type: ignore[attr-defined]  # as above
            cursor.execute("COMMIT")


def _opened() -> str | None:
    """Return the version that the running snapshot shows; None where none is running."""
    seen: str | None = getattr(connection, "version_seen", None)
    return seen


def version() -> str:
    """Return the version that the catalogue is at; empty where it is not known, and nothing may be kept."""
    if (seen := _opened()) is not None:
        return seen
    with connection.cursor() as cursor:
        cursor.execute(VERSION)
        row = cursor.fetchone()
    return str(row[0]) if row else ""
