"""What the catalogue keeps of itself: the version it is at, and each case as it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db import connection, models

from .case import Case

ORIGIN_PLACEHOLDER = "\x1f"
"""Stands in a kept text where the site's own origin belongs. What a person wrote never holds it there."""


def new_version() -> str:
    """Return a version that never was before: it is compared, never counted."""
    return secrets.token_hex(8)


class Catalogue(models.Model):
    """The one row that moves with every write, in the same transaction.

    Whatever was computed from the catalogue holds as long as its version does. What everyone sees has a version of its
    own, because by the other one could tell that somebody works on a draft.
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
        """Say that something was written, and whether everyone sees it, in the transaction that writes it."""
        moved = ["version", "public"] if public else ["version"]
        Catalogue.objects.bulk_create(
            [Catalogue(pk=1)], update_conflicts=True, unique_fields=["pk"], update_fields=moved
        )


class CachedRepresentation(models.Model):
    """A case as it is sent. Derived from its tables in the transaction that changes them, and never edited.

    Where the site's own origin belongs, `ORIGIN_PLACEHOLDER` stands; whoever sends a text puts the origin there.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="representation")
    card = models.TextField(help_text="JSON: what a card of the results prints.")
    line = models.TextField(help_text="CSV: its line of the table, with its line end.")
    document = models.TextField(help_text="JSON: the case whole, as the API sends it.")  # last, as it is the longest

    def __str__(self) -> str:
        return str(self.case)

    @classmethod
    def texts(cls, keys: Sequence[int], name: str) -> dict[int, bytes]:
        """Return the text `name` of each of these cases that has a record, in UTF-8. One query.

        The bytes come as the database has them: decoding and encoding them would take longer than reading them, and so
        would the ORM.
        """
        column = {"sqlite": "CAST({} AS BLOB)", "postgresql": "{}"}[connection.vendor].format(name)
        marks = ", ".join(["%s"] * len(keys))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                driver = connection.Database.extensions  # type: ignore[attr-defined]  # psycopg2, only where it serves
                driver.register_type(driver.BYTES, cursor.cursor)
            cursor.execute(
                f"SELECT case_id, {column} FROM {cls._meta.db_table} WHERE case_id IN ({marks})",  # noqa: S608 - names of ours
                keys,
            )
            return dict(cursor.fetchall())
