"""Full-text search in quoted words, comments and tags, with the same syntax as the search of the catalogue.

A note must contain all terms; "quoted words" must be adjacent; a leading minus excludes; a trailing star matches
prefixes. There is no index: notes are read when they are searched, after the other filters, so a note can never be
found once it may no longer be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from cases.models.keys import Keys
from cases.search.query import SearchQuery, WordSequence
from cases.search.text import GAP_MARK, TextWords, split_words, stems

from ..models import AnnotationQuerySet, Tag


def search_notes(notes: AnnotationQuerySet, query: SearchQuery) -> AnnotationQuerySet:
    """The matching ones of `notes`; runs two queries."""
    if not query.hopeful:
        return notes.none()
    return notes.filter(pk__in=Keys(key for key, texts in _texts(notes) if texts_match(texts, query)))


def _texts(notes: AnnotationQuerySet) -> Iterator[tuple[int, list[str]]]:
    """Yield the key of each note with its searchable texts."""
    unordered = notes.order_by()
    tags: dict[int, list[str]] = {}
    for key, label in (
        Tag.objects.filter(annotation__in=unordered.values("pk")).order_by().values_list("annotation", "label")
    ):
        tags.setdefault(key, []).append(label)
    for key, *texts in unordered.values_list("pk", "comment", "exact"):
        yield key, [*texts, *tags.get(key, ())]


def texts_match(texts: Iterable[str], query: SearchQuery) -> bool:
    """Whether texts together contain everything that is wanted and nothing unwanted.

    >>> texts_match(["Café owners", "They help"], SearchQuery.read('cafe "they help" -hospital'))
    True
    """
    searchable = [SearchableText(text) for text in texts if text]
    matches = (any(any_text_holds(run, searchable) for run in term) for term in query.wanted)
    return all(matches) and not any(any_text_holds(run, searchable) for term in query.unwanted for run in term)


class SearchableText:
    """A text to search in; it is split and stemmed only when needed."""

    def __init__(self, text: str) -> None:
        self.text = text

    def holds(self, run: WordSequence) -> bool:
        """Whether the text contains the words of `run` next to each other."""
        if self.text.isascii() and _common_prefix(run.words[0]) not in self._letters:
            return False  # a quick check: stemming all words takes ten times as long
        if len(run.words) > 1:
            return f" {' '.join(run.words)}{'' if run.open else ' '}" in self._stream
        return run.words[0] in self._stems if not run.open else any(word.startswith(run.words[0]) for word in self._all)

    @cached_property
    def _letters(self) -> str:
        """The letters and digits of an ASCII text, without anything else."""
        return self.text.lower().encode().translate(None, NON_ALPHANUMERIC).decode()

    @cached_property
    def _words(self) -> TextWords:
        return split_words(self.text)

    @cached_property
    def _stream(self) -> str:
        stream, _, respelt = self._words
        return f" {' '.join(stems([*stream, GAP_MARK, *respelt]))} "

    @cached_property
    def _stems(self) -> set[str]:
        return {*stems(self._words.stream), *stems(self._words.aside)}

    @cached_property
    def _all(self) -> set[str]:
        return {*self._stems, *self._words.stream, *self._words.aside}


NON_ALPHANUMERIC = bytes(code for code in range(128) if not chr(code).isalnum())
UNSTABLE_STEM_LETTERS = (
    3  # letters at the end of a stem that its words may spell differently: "lying" has the stem "lie"
)


def _common_prefix(stem: str) -> str:
    """The letters that every word of a stem begins with."""
    return stem[: max(1, len(stem) - UNSTABLE_STEM_LETTERS)]


def any_text_holds(run: WordSequence, searchable: Iterable[SearchableText]) -> bool:
    return any(text.holds(run) for text in searchable)
