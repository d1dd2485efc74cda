"""The tables of the text search; only `cases.search.engine` writes to them."""

from __future__ import annotations

from django.db import models

from .case import Case


class SearchRow(models.Model):
    """A case in the text index; deleted with its case.

    The words themselves are kept where the database's text search needs them; the migrations create that. On PostgreSQL
    it is an extra `tsvector` column, `words`; on SQLite it is the FTS5 table `cases_search`, and a trigger deletes its
    entry together with the row.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return str(self.case_id)


class Word(models.Model):
    """A folded word that occurs, or once occurred, in some case; used for spelling suggestions."""

    word = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.word
