"""What is kept about the codings of a case beside them: who made them and how, and which are to be re-affirmed."""

from __future__ import annotations

from django.db import models


class Origin(models.TextChoices):
    """How a coding was made. One of before this was recorded has none."""

    HAND = "hand", "by hand"
    IMPORT = "import", "by an import"
    RULE = "rule", "by a rule"
    PROGRAM = "program", "by a program"
    FILES = "files", "from the catalogue’s own files"


class Doubt(models.TextChoices):
    """Why a coding is to be re-affirmed."""

    VALUE = "value", "its value changed, its passage did not"
    PASSAGE = "passage", "the words of its passage were corrected"
    SOURCE_TEXT = "source-text", "the text of its source changed"
    CODEBOOK = "codebook", "the codebook defines its term otherwise"
    RETIRED = "retired", "its term is retired"
    PROGRAM = "program", "a program set it, and nobody has affirmed it"


class CodingDoubt(models.Model):
    """A `Doubt` as a row, so that the cases with such codings can be counted."""

    slug = models.CharField(max_length=11, choices=Doubt, primary_key=True)

    def __str__(self) -> str:
        return self.get_slug_display()


class CodingOrigin(models.Model):
    """An `Origin` as a row, so that the cases with such codings can be counted."""

    slug = models.CharField(max_length=7, choices=Origin, primary_key=True)

    def __str__(self) -> str:
        return self.get_slug_display()
