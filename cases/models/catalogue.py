"""The version of the catalogue, and the cached representations of its cases."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from django.db import connection, models

from .case import Case

ORIGIN_PLACEHOLDER = "\x1f"
"""Placeholder for the site's own origin in a cached text; user input never contains it."""


def new_version() -> str:
    """Return a new random version; versions are only ever compared for equality."""
    return secrets.token_hex(8)


class Catalogue(models.Model):
    """A single row whose versions change with every write, in the same transaction.

    Anything computed from the catalogue is valid while the version stays the same. What the public sees has a version
    of its own (`public`), because `version` would reveal that someone is working on a draft.
    """

    version = models.CharField(max_length=16, default=new_version)
    public = models.CharField(max_length=16, default=new_version)
    rendering = models.PositiveSmallIntegerField(default=0, help_text="The form in which the records are kept.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="catalogue_is_one")]

    def __str__(self) -> str:
        return self.version

    @staticmethod
    def move(*, public: bool = True) -> None:
        """Record a write, and whether it is publicly visible. Call this in the transaction that writes."""
        changed = ["version", "public"] if public else ["version"]
        Catalogue.objects.bulk_create(
            [Catalogue(pk=1)], update_conflicts=True, unique_fields=["pk"], update_fields=changed
        )


class CachedRepresentation(models.Model):
    """The representations in which a case is sent, updated in the transaction that changes it and never edited.

    They contain `ORIGIN_PLACEHOLDER` in place of the site's own origin, to be replaced when they are sent.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="representation")
    card = models.TextField(help_text="JSON: what a card of the results prints.")
    line = models.TextField(help_text="CSV: its line of the table, with its line end.")
    document = models.TextField(help_text="JSON: the case whole, as the API sends it.")  # last: the longest
    changed_in = models.BigIntegerField(
        null=True, db_index=True, help_text="Grows with every change of a case, in the order in which they are seen."
    )

    def __str__(self) -> str:
        return str(self.case)

    @classmethod
    def latest_change(cls) -> int:
        """Return the `changed_in` of the case that was changed last; 0 if none was."""
        return cls.objects.aggregate(latest=models.Max("changed_in"))["latest"] or 0

    @classmethod
    def next_change(cls) -> int:
        """Return a number above that of every change so far: microseconds, so that none comes again after a deletion.

        Call this after `Catalogue.move`, whose row is locked until the end: changes are then numbered in the order in
        which readers come to see them.
        """
        return max(time.time_ns() // 1_000, cls.latest_change() + 1)

    @classmethod
    def texts(cls, keys: Sequence[int], name: str) -> dict[int, bytes]:
        """Return the column `name` of each case by primary key, in UTF-8; cases without a row are left out. One query.

        The bytes are passed through as stored: decoding and encoding them, or going through the ORM, would take longer
        than reading them.
        """
        column = {"sqlite": "CAST({} AS BLOB)", "postgresql": "{}"}[connection.vendor].format(name)
        placeholders = ", ".join(["%s"] * len(keys))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                driver = connection.Database.extensions  # type: ignore[attr-defined]  # psycopg2, only on PostgreSQL
                driver.register_type(driver.BYTES, cursor.cursor)
            cursor.execute(
                f"SELECT case_id, {column} FROM {cls._meta.db_table} WHERE case_id IN ({placeholders})",  # noqa: S608 - our own names
                keys,
            )
            return dict(cursor.fetchall())
