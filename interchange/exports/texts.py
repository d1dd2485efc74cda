"""The texts of narratives while a file of notes is made: each rendered once, however the notes are ordered."""

from __future__ import annotations

import tempfile
from collections.abc import Collection

from cases.markdown import narrative_text
from cases.models import Case
from cases.models.case import Reader

TEXTS_IN_MEMORY = 1_000_000
"""Bytes; beyond that they go to a temporary file."""


class NarrativeTexts:
    """The texts that a reader may see, by key of the case; in memory are only their places in a file."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.file = tempfile.SpooledTemporaryFile(max_size=TEXTS_IN_MEMORY)  # noqa: SIM115 - closed with this
        self.places: dict[int, tuple[int, int]] = {}

    def close(self) -> None:
        self.file.close()

    def add(self, cases: Collection[int]) -> None:
        """Render the narratives of these cases, except those that are there already."""
        new = {key for key in cases if key not in self.places}
        if not new:
            return
        self.places |= dict.fromkeys(new, (-1, 0))
        found = Case.objects.visible_to(self.reader).filter(pk__in=new).order_by().values_list("pk", "narrative")
        for key, narrative in found:
            text = narrative_text(narrative).encode()
            self.places[key] = (self.file.seek(0, 2), len(text))
            self.file.write(text)

    def get(self, case: int) -> str | None:
        """The text of a case that was added; None if the reader may not see it."""
        start, length = self.places[case]
        if start < 0:
            return None
        self.file.seek(start)
        return self.file.read(length).decode()
