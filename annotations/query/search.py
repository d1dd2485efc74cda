"""Search in notes: in the quoted words, the comment and the tags, by the words and signs of the catalogue's own search.

All that is asked for must be found in one note; "quoted words" stand side by side; a leading minus excludes; a trailing
star leaves a word open. Notes are read when they are searched, after all else has narrowed them: nothing is kept of a
note by which it could be found once it may no longer be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from cases.models.keys import Keys
from cases.search.query import SearchQuery, WordSequence
from cases.search.text import TextWords, split_words, stems

from ..models import AnnotationQuerySet, Tag


def search_notes(notes: AnnotationQuerySet, question: SearchQuery) -> AnnotationQuerySet:
    """Return those of `notes` that answer. Two queries."""
    if not question.hopeful:
        return notes.none()
    return notes.filter(pk__in=Keys(key for key, texts in _texts(notes) if texts_match(texts, question)))


def _texts(notes: AnnotationQuerySet) -> Iterator[tuple[int, list[str]]]:
    """Yield the key of each note with the texts that it is found by."""
    bare = notes.order_by()
    tags: dict[int, list[str]] = {}
    for key, label in (
        Tag.objects.filter(annotation__in=bare.values("pk")).order_by().values_list("annotation", "label")
    ):
        tags.setdefault(key, []).append(label)
    for key, *texts in bare.values_list("pk", "comment", "exact"):
        yield key, [*texts, *tags.get(key, ())]


def texts_match(texts: Iterable[str], question: SearchQuery) -> bool:
    """Tell whether texts together hold all that is wanted and nothing unwanted.

    >>> texts_match(["Café owners", "They help"], SearchQuery.read('cafe "they help" -hospital'))
    True
    """
    read = [SearchableText(text) for text in texts if text]
    held = (any(any_text_holds(run, read) for run in term) for term in question.wanted)
    return all(held) and not any(any_text_holds(run, read) for term in question.unwanted for run in term)


class SearchableText:
    """A text as it is searched: its stems in their order, all that it is found by; read only as far as it is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def holds(self, run: WordSequence) -> bool:
        """Tell whether the words of a run stand in it, side by side."""
        if self.text.isascii() and _beginning(run.words[0]) not in self._letters:
            return False  # soon told: to stem all its words would take ten times as long
        if len(run.words) > 1:
            return f" {' '.join(run.words)}{'' if run.open else ' '}" in self._stream
        return run.words[0] in self._stems if not run.open else any(each.startswith(run.words[0]) for each in self._all)

    @cached_property
    def _letters(self) -> str:
        """The letters and digits of an ASCII text, without what stands between words or within them."""
        return self.text.lower().encode().translate(None, NON_ALPHANUMERIC).decode()

    @cached_property
    def _words(self) -> TextWords:
        return split_words(self.text)

    @cached_property
    def _stream(self) -> str:
        return f" {' '.join(stems(self._words.stream))} "

    @cached_property
    def _stems(self) -> set[str]:
        return {*stems(self._words.stream), *stems(self._words.aside)}

    @cached_property
    def _all(self) -> set[str]:
        return {*self._stems, *self._words.stream, *self._words.aside}


NON_ALPHANUMERIC = bytes(code for code in range(128) if not chr(code).isalnum())
UNSTABLE_STEM_LETTERS = 3  # letters at the end of a stem that its words may write otherwise: "lying" has the stem "lie"


def _beginning(stem: str) -> str:
    """Return the letters with which every word of a stem begins."""
    return stem[: max(1, len(stem) - UNSTABLE_STEM_LETTERS)]


def any_text_holds(run: WordSequence, read: Iterable[SearchableText]) -> bool:
    """Tell whether one of some texts holds a run."""
    return any(text.holds(run) for text in read)
