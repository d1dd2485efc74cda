"""Finding a quotation in a text, and following it when the text changes. Pure; this docstring is the specification.

A **text** is the textContent of a narrative's element: `cases.markdown.text_content(narrative)`.
Offsets count its Unicode code points (as Python's `len` does, and as JavaScript's `length` does not), from 0; a
**span** is `text[start:end]`, never empty. White space is defined by `str.isspace`.

A **quotation** is the words of a span and up to 32 code points on either side of it: `exact`, `prefix`, `suffix`
(the W3C's TextQuoteSelector). `quote_at` makes one: its prefix is shorter than 32 only where the text begins, its
suffix only where the text ends.

A *writer* says where a note belongs, with or without offsets:

- `quote_stands_at(text, start, quotation)`: whether exactly these words are at these offsets, next to the context, if
any is given; `quote_reads_at(text, span, quotation)`: whether what is there reads like them. Someone who gives offsets
has counted them in this very text, but may have its words in another form.
- `find_quote(text, quotation)`: every span that matches the quotation, in order, for writers who give no offsets. An
empty context matches anything. White space matches white space (for example, a pasted space matches a line end): a
run of it in `exact` matches any run in the text, and is ignored at its ends, so that the spans begin and end with
words. If some spans match character by character, only those count; if none matches letter by letter, those that read
alike (`plaintext.matching.Letters`): decomposed letters, straight quotation marks, other dashes and blanks, soft
hyphens, ligatures, full width. One match is an answer; with none or several, the writer is asked again.

A *text changes* under a stored quotation. `TextChange(before, after).follow(quotation, at)` says where its words are
in the text after the change: `quotation` is as its author made it, perhaps several changes ago, and `at` is its span
before this change (None: it had none). The **state** of a note is then

- **placed**: exactly these words (white space aside), where the diff of the two texts puts them. The distance does not
matter: what is inserted or deleted before them only shifts them.
- **moved**: exactly these words, but elsewhere, in a passage that is new there.
- **changed**: words that differ from the quotation, at its place or in a passage that moved.
- **orphaned**: no place is certain. An orphaned note is better than a note at a wrong place.

A place is judged by two numbers. The *similarity* of its words to the target is 1 minus the share of letters that have
to be changed, added or deleted; or, if that is greater, the share of letters in words that both have in the same order
(so that a sentence inserted in the middle does not outweigh the words on either side). The **score** counts letters; a
letter of context counts half as much as a letter of the words:

    (letters of the words × their similarity + letters of the context × its similarity / 2)
    / (letters of the words + letters of the context / 2)

Words of 64 letters weigh twice as much as their full context, short words next to nothing. The similarity of a context
is that of its letters, corrected for chance (`CHANCE_SIMILARITY`). The target is the quotation as it was made, and as
it was before this change; the better score counts.

A place is rejected if its score is under `MIN_SCORE`; if its words are less similar than `MIN_SIMILARITY` to the
quotation as it was made (a passage that is rewritten little by little is lost in the end); or if its score is less than
`MIN_LEAD` ahead of that of a place with which it shares no letter. A place elsewhere must have a similarity of at least
`MIN_SIMILARITY_ELSEWHERE`, and it must be new: at least half of its words were not kept from the old text, and with
their neighbours they were in the old text nowhere but where the note was. So a note on a deleted passage never settles
on another passage that has always been similar to it. Orphaned notes are searched for at every change, but only
among new words: when a text is restored, its notes come back as *moved*.

`TextChange("", text).follow(quotation, None)` suggests where in a text a quotation may belong.

>>> text = "the cat and the dog"
>>> quote_at(text, 12, 19)
Quotation(exact='the dog', prefix='the cat and ', suffix='')
>>> find_quote(text, Quotation("the")), find_quote(text, Quotation("the", suffix=" dog"))
([TextSpan(start=0, end=3), TextSpan(start=12, end=15)], [TextSpan(start=12, end=15)])
>>> TextChange(text, "Now " + text).follow(quote_at(text, 12, 19), TextSpan(12, 19))
AnchoringResult(state=<AnchorState.PLACED: 'placed'>, span=TextSpan(start=16, end=23), score=1.0)
>>> TextChange(text, "the cat and the dig").follow(quote_at(text, 12, 19), TextSpan(12, 19)).state
<AnchorState.CHANGED: 'changed'>
>>> TextChange(text, "the cat").follow(quote_at(text, 12, 19), TextSpan(12, 19))
AnchoringResult(state=<AnchorState.ORPHANED: 'orphaned'>, span=None, score=0.0)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from plaintext.matching import as_compared, letters_of, loosen
from plaintext.normal import compose

from .text_diff import (
    TextDiff,
    TokenisedText,
    collapse_whitespace,
    find_similar,
    loose_words,
    moved_with_lines,
    text_similarity,
)

CONTEXT_LENGTH = 32
"""The length of a quotation's context on either side, in code points."""

MIN_SCORE = 0.5
"""The lowest score that a place may have."""

MIN_SIMILARITY = 0.5
"""The lowest similarity of a place's words to the quoted words."""

MIN_SIMILARITY_ELSEWHERE = 0.65
"""The lowest similarity of a place that the diff does not lead to."""

SURE_SCORE = 0.8
"""With this score, a place with changed words is accepted without searching elsewhere."""

MIN_LEAD = 0.05
"""How far the best place must be ahead of the next."""

CHANCE_SIMILARITY = 0.3
"""The similarity of two unrelated contexts."""

MAX_FORM_LENGTH = 8 * CONTEXT_LENGTH
"""How far a context may reach in a text that spells it with more code points."""

MAX_GROWTH = 256
"""Passages of more than this plus four times the letters of the quotation are not searched."""


class TextSpan(NamedTuple):
    """The offsets of the first code point of a stretch of text and of the one after its last."""

    start: int
    end: int


class Quotation(NamedTuple):
    """The words of a span, and the context before and after them."""

    exact: str
    prefix: str = ""
    suffix: str = ""


class AnchorState(StrEnum):
    """What a change of the text did to a note."""

    PLACED = "placed"
    MOVED = "moved"
    CHANGED = "changed"
    ORPHANED = "orphaned"


class AnchoringResult(NamedTuple):
    """The state of a note, its span now (None exactly when orphaned), and the score of that span, from 0 to 1."""

    state: AnchorState
    span: TextSpan | None
    score: float


ORPHANED_RESULT = AnchoringResult(AnchorState.ORPHANED, None, 0.0)


def quote_at(text: str, start: int, end: int) -> Quotation:
    """The quotation of `text[start:end]`; a ValueError if that is not a span of the text."""
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{start} to {end} is no span of a text of {len(text)} code points.")
    return Quotation(text[start:end], text[max(0, start - CONTEXT_LENGTH) : start], text[end : end + CONTEXT_LENGTH])


def quote_stands_at(text: str, start: int, quotation: Quotation) -> bool:
    """Whether the quotation is at `start`, character by character, with its context."""
    end = start + len(quotation.exact)
    return (
        0 <= start < end
        and text[start:end] == quotation.exact
        and text[:start].endswith(quotation.prefix)
        and text.startswith(quotation.suffix, end)
    )


def quote_reads_at(text: str, span: TextSpan, quotation: Quotation) -> bool:
    """Whether the words at `span` and the context beside them read like the quotation, in whatever form each is."""
    before, after = text[max(0, span.start - MAX_FORM_LENGTH) : span.start], text[span.end : span.end + MAX_FORM_LENGTH]
    return (
        0 <= span.start < span.end <= len(text)
        and _as_read(text[slice(*span)]) == _as_read(quotation.exact)
        and as_compared(before).endswith(as_compared(quotation.prefix))
        and as_compared(after).startswith(as_compared(quotation.suffix))
    )


def find_quote(text: str, quotation: Quotation) -> list[TextSpan]:
    """All spans that match the quotation with its context."""
    found = list(_quote_spans(text, quotation))
    whole = [span for span in found if not unicodedata.combining(text[span.end : span.end + 1] or " ")]
    exact = [span for span in whole or found if text[slice(*span)] == quotation.exact.strip()]
    return exact or whole or found or list(_spans_reading(text, quotation))


class TextChange:
    """A change of a text; the diff is computed once, when the first note needs it."""

    def __init__(self, before: str, after: str) -> None:
        self.before = before
        self.after = after

    def follow(self, quotation: Quotation, at: TextSpan | None) -> AnchoringResult:
        """Follow a note that was at `at` before the change; a ValueError if that is not a span."""
        if not quotation.exact.strip():
            return ORPHANED_RESULT
        target = _Target(quotation, quote_at(self.before, *at) if at else quotation)
        in_place = self._follow_diff(target, at) if at else ORPHANED_RESULT
        if in_place.state == AnchorState.PLACED or in_place.score >= SURE_SCORE:
            return in_place
        if at and (line := moved_with_lines(self.before, self.after, at)):
            return self._result(target, AnchorState.MOVED, TextSpan(*line), 1.0)
        elsewhere = self._search_new_words(target, at)
        return elsewhere if elsewhere.score > in_place.score else in_place

    @cached_property
    def difference(self) -> TextDiff:
        return TextDiff(TokenisedText(self.before), TokenisedText(self.after))

    def _follow_diff(self, target: _Target, at: TextSpan) -> AnchoringResult:
        """Judge the place that the diff leads to."""
        old, new = self.difference.old, self.difference.new
        first, last = old.within(*at)
        begin = self.difference.kept_whole(first, last)
        if begin is not None:
            end = begin + last - first
            start = new.starts[begin] + max(0, at.start - old.starts[first])
            stop = new.ends[end - 1] - max(0, old.ends[last - 1] - at.end)
            spans = [TextSpan(start, stop)]
        else:
            spans = self._spans_between_kept(target, first, last)
        return self._best(target, spans, MIN_SIMILARITY, AnchorState.PLACED)

    def _spans_between_kept(self, target: _Target, first: int, last: int) -> list[TextSpan]:
        """Possible spans of old words, between what was kept before and after them."""
        new = self.difference.new
        begin, end = self.difference.window(first, last)
        kept = self.difference.kept(first, last)
        spans = []
        if kept:
            longest = max(kept, key=lambda part: part[1] - part[0])
            spans = [TextSpan(*new.stretch(kept[0][0], kept[-1][1])), TextSpan(*new.stretch(*longest))]
            begin, end = max(begin, longest[0] - (last - first)), min(end, longest[1] + last - first)
        if begin >= end or new.ends[end - 1] - new.starts[begin] > 4 * target.letters + MAX_GROWTH:
            return spans
        return [*spans, *target.near(new, begin, end)]

    def _search_new_words(self, target: _Target, at: TextSpan | None) -> AnchoringResult:
        """Judge the places among the new words."""
        new = self.difference.new
        old_place = self.difference.old.within(*at) if at else (0, 0)
        spans = {
            span
            for words in target.words
            for window in self.difference.candidate_windows(*words)
            for span in target.near(new, *window)
            if self.difference.novelty(*new.within(*span)) >= 1 / 2
        }
        good = (span for span in sorted(spans) if target.score(self.after, span, MIN_SIMILARITY_ELSEWHERE) >= MIN_SCORE)
        moved = [span for span in good if not self.difference.stood(*new.within(*span), old_place)]
        return self._best(target, moved, MIN_SIMILARITY_ELSEWHERE, AnchorState.MOVED)

    def _best(
        self, target: _Target, spans: Iterable[TextSpan], min_similarity: float, unchanged: AnchorState
    ) -> AnchoringResult:
        """The best of some places, if it is good enough and clearly ahead."""
        judged = [(target.score(self.after, span, min_similarity), span) for span in spans]
        score, best = max(judged, key=lambda place: place[0], default=(0.0, TextSpan(0, 0)))
        rivals = (other for other, span in judged if span.end <= best.start or span.start >= best.end)
        if score < MIN_SCORE or score - max(rivals, default=0.0) < MIN_LEAD:
            return ORPHANED_RESULT
        return self._result(target, unchanged, best, score)

    def _result(self, target: _Target, unchanged: AnchorState, span: TextSpan, score: float) -> AnchoringResult:
        same = compose(self.after[slice(*span)]).split() == compose(target.made.exact).split()
        return AnchoringResult(unchanged if same else AnchorState.CHANGED, span, score)


class _Target(NamedTuple):
    """What to search for: the quotation as it was made, and as it was before this change."""

    made: Quotation
    last: Quotation

    @property
    def quotations(self) -> list[Quotation]:
        """Both, or one if they are the same."""
        return [self.made] if self.made == self.last else [self.made, self.last]

    @property
    def letters(self) -> int:
        """The length of the longer one, without context."""
        return max(len(quotation.exact) for quotation in self.quotations)

    @property
    def words(self) -> Iterator[tuple[list[str], int, int]]:
        """For each, its words with their context, and the indexes of the first word and of the one after the last."""
        for exact, prefix, suffix in self.quotations:
            before, words, after = map(loose_words, (prefix, exact, suffix))
            yield [*before, *words, *after], len(before), len(before) + len(words)

    def near(self, text: TokenisedText, first: int, last: int) -> list[TextSpan]:
        """Possible spans of either in a window of a text."""
        exacts = dict.fromkeys(quotation.exact.strip() for quotation in self.quotations)
        return [TextSpan(*span) for exact in exacts for span in find_similar(exact, text, first, last)]

    def score(self, text: str, span: TextSpan, least: float) -> float:
        """The score of a place; 0 if its words are less similar than `least`, or too unlike the quoted words."""
        words = text[slice(*span)]
        if text_similarity(self.made.exact, words) < MIN_SIMILARITY:
            return 0.0
        return max(_score(quotation, text, span, least) for quotation in self.quotations)


def _score(quotation: Quotation, text: str, span: TextSpan, least: float) -> float:
    """Weigh the words of a place and the context on either side."""
    similarity = text_similarity(quotation.exact, text[slice(*span)])
    whole, agreeing = float(len(quotation.exact)), len(quotation.exact) * similarity
    before = collapse_whitespace(text[max(0, span.start - 2 * CONTEXT_LENGTH) : span.start])
    after = collapse_whitespace(text[span.end : span.end + 2 * CONTEXT_LENGTH])
    for context, found in (
        (collapse_whitespace(quotation.prefix)[::-1], before[::-1]),
        (collapse_whitespace(quotation.suffix), after),
    ):
        beside = Levenshtein.normalized_similarity(loosen(context), loosen(found[: len(context)]))
        whole += len(context) / 2
        agreeing += len(context) / 2 * max(0.0, (beside - CHANCE_SIMILARITY) / (1 - CHANCE_SIMILARITY))
    return agreeing / whole if similarity >= least else 0.0


def _quote_spans(text: str, quotation: Quotation) -> Iterator[TextSpan]:
    """Spans with these words in this context, with any white space between them."""
    letters, starts = _without_space(text)
    before, after = _words(quotation.prefix), _words(quotation.suffix)
    words = quotation.exact.split()
    length = sum(map(len, words))
    for at in _occurrences(letters, f"{before}{''.join(words)}{after}" if words else ""):
        first = at + len(before)
        span = TextSpan(starts[first], starts[first + length - 1] + 1)
        if text[slice(*span)].split() == words:
            yield span


def _spans_reading(text: str, quotation: Quotation) -> Iterator[TextSpan]:
    """Spans that read like these words in this context, whatever form each is in."""
    compared, starts, ends = letters_of(text)
    before, words, after = map(as_compared, (quotation.prefix, quotation.exact, quotation.suffix))
    for at in _occurrences(compared, f"{before}{words}{after}" if words else ""):
        first = at + len(before)
        span = TextSpan(starts[first], ends[first + len(words) - 1])
        if _as_read(text[slice(*span)]) == _as_read(quotation.exact):
            yield span


def _as_read(words: str) -> str:
    """Words as they are compared, with a blank between them, but for dashes and quotation marks."""
    return BLANKS_AT_SIGNS.sub(r"\1", " ".join(filter(None, map(as_compared, words.split()))))


BLANKS_AT_SIGNS = re.compile(r"\s*([\"'-])\s*")


def _occurrences(text: str, words: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _words(text: str) -> str:
    return "".join(text.split())


@lru_cache(maxsize=16)
def _without_space(text: str) -> tuple[str, list[int]]:
    """A text without white space, and the offset of each remaining code point."""
    return _words(text), [at for at, letter in enumerate(text) if not letter.isspace()]
