"""By what cases are found: the tables of the text search, written by `cases.search.engine` alone."""

from __future__ import annotations

from django.db import models

from .case import Case


class SearchRow(models.Model):
    """A case that the text search knows; goes with its case.

    The words themselves stand where the database's own text search wants them, made by the migrations: on PostgreSQL
    in one column more, a `tsvector` called `words`; on SQLite in the FTS5 table `cases_search`, from which a trigger
    takes them when the row goes.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return str(self.case_id)


class Word(models.Model):
    """A word that was once written in some case, as it is folded: what a misspelt one may have meant."""

    word = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.word
