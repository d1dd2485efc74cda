"""Where a quotation stands in a text. Pure; this docstring is the specification.

A **text** is the textContent of a narrative's element: `cases.markdown.text_content(narrative)`.
Offsets count its Unicode code points (as Python's `len` does, and as JavaScript's `length` does not), from 0; a
**span** is `text[start:end]`, never empty. White space is what `str.isspace` says.

A **quotation** is the words of a span and up to 32 code points on either side of it: `exact`, `prefix`, `suffix`
(the W3C's TextQuoteSelector). `quote_at` makes one: its prefix is shorter than 32 only where the text begins, its
suffix only where the text ends.

A *writer* says where a note belongs, by offsets or without them:

- `quote_stands_at(text, start, quotation)`: at these offsets stand exactly these words, and next to them whatever
  context is given. Nothing is forgiven: who gives offsets counted in this very text.
- `find_quote(text, quotation)`: every span where the quotation stands, in order; for who gives no offsets. A context
  left empty is not asked for. White space matches white space (one space pasted for a line end, say): a run of it in
  `exact` stands for any run in the text, and at its ends for none at all, so that the spans begin and end with words.
  Where spans with exactly these characters stand, only those count. One place is an answer; none or several are a
  reason to ask back.

A *text changes* under a stored quotation. `TextChange(before, after).follow(quotation, at)` says where its words stand
in the text after the change: `quotation` as its author made it, perhaps several changes ago, `at` where it stood before
this one (None: nowhere). The **state** of a note is then

- **placed**: exactly these words (white space aside), where the difference of the two texts carries them. It is no
  matter how far: what is written or struck out before them shifts them only.
- **moved**: exactly these words, but elsewhere, in a passage that is new there.
- **changed**: other words than the quotation's, at its place, or in a passage that moved.
- **orphaned**: no place is certain. Better an orphan than a ghost, which is a note at a wrong place.

A place is judged by two figures. The *likeness* of its words to those sought is 1 less the share of letters to be
changed, added or struck out; or, if that is more, the share of letters in words that both have, in one order (so that a
sentence put in the middle does not outweigh what stands on either side). The **score** counts letters, one of context
for half of one of the words:

    (letters of the words × their likeness + letters of the context × its likeness / 2)
    / (letters of the words + letters of the context / 2)

Words of 64 letters weigh twice as much as their full context, short words next to nothing. The likeness of a context is
that of its letters, with what is due to chance (`CHANCE_SIMILARITY`) taken off. What is sought is the quotation as it
was made, and as it stood before this change; the better score counts.

A place with a score under `MIN_SCORE` is none. Nor is one whose words are less than `MIN_SIMILARITY` to the quotation
as it was made: a passage rewritten little by little is lost at last. Nor is one that leads another, with which it
shares no letter, by less than `MIN_LEAD`. A place elsewhere has to read like what is sought by
`MIN_SIMILARITY_ELSEWHERE` at least; and it has to be new: half of its words, or more, were not kept from the text
before, and no other passage came along with them (they did not stand there before, but where the note did). So a
passage struck out never settles on another that has read like it all along. An orphan is searched for at every change,
but among new words only: a text restored has its notes again, *moved* there.

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

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from .text_diff import (
    ANCHOR_TOKEN,
    TextDiff,
    TokenisedText,
    collapse_whitespace,
    find_similar,
    text_similarity,
)

CONTEXT_LENGTH = 32
"""How many code points of context a quotation keeps on either side."""

MIN_SCORE = 0.5
"""The least score of a place."""

MIN_SIMILARITY = 0.5
"""How much like the words that were quoted those of a place have to be."""

MIN_SIMILARITY_ELSEWHERE = 0.65
"""How much like the words sought those of a place have to be to which no difference carries the note."""

SURE_SCORE = 0.8
"""The score from which on a place with changed words is taken without looking for another."""

MIN_LEAD = 0.05
"""By how much the score of the best place has to be above that of the next."""

CHANCE_SIMILARITY = 0.3
"""How much alike two contexts are that have nothing to do with each other."""

MAX_GROWTH = 256
"""How many letters, besides four times its own, the passage may have become in which a note's words are looked for."""


class TextSpan(NamedTuple):
    """A stretch of a text: the offsets of its first code point and of the one after its last."""

    start: int
    end: int


class Quotation(NamedTuple):
    """The words of a span, and what stands before and after them."""

    exact: str
    prefix: str = ""
    suffix: str = ""


class AnchorState(StrEnum):
    """How a note came through a change of its text."""

    PLACED = "placed"
    MOVED = "moved"
    CHANGED = "changed"
    ORPHANED = "orphaned"


class AnchoringResult(NamedTuple):
    """How a note came through, where it stands now (None exactly when orphaned), and how sure that is, from 0 to 1."""

    state: AnchorState
    span: TextSpan | None
    score: float


ORPHANED_RESULT = AnchoringResult(AnchorState.ORPHANED, None, 0.0)


def quote_at(text: str, start: int, end: int) -> Quotation:
    """Return the quotation of `text[start:end]`; a ValueError where that is no span of the text."""
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{start} to {end} is no span of a text of {len(text)} code points.")
    return Quotation(text[start:end], text[max(0, start - CONTEXT_LENGTH) : start], text[end : end + CONTEXT_LENGTH])


def quote_stands_at(text: str, start: int, quotation: Quotation) -> bool:
    """Tell whether the quotation stands at `start`, character by character, in the context it gives."""
    end = start + len(quotation.exact)
    return (
        0 <= start < end
        and text[start:end] == quotation.exact
        and text[:start].endswith(quotation.prefix)
        and text.startswith(quotation.suffix, end)
    )


def find_quote(text: str, quotation: Quotation) -> list[TextSpan]:
    """Return every span where the quotation stands, in the context it gives."""
    found = list(_quote_spans(text, quotation))
    return [span for span in found if text[slice(*span)] == quotation.exact.strip()] or found


class TextChange:
    """A change of a text; the two are compared once, when the first note asks."""

    def __init__(self, before: str, after: str) -> None:
        self.before = before
        self.after = after

    def follow(self, quotation: Quotation, at: TextSpan | None) -> AnchoringResult:
        """Return how a note came through that was at `at` before; a ValueError where that is no span."""
        if not quotation.exact.strip():
            return ORPHANED_RESULT
        sought = _Sought(quotation, quote_at(self.before, *at) if at else quotation)
        here = self._carried(sought, at) if at else ORPHANED_RESULT
        if here.state == AnchorState.PLACED or here.score >= SURE_SCORE:
            return here
        there = self._found(sought, at)
        return there if there.score > here.score else here

    @cached_property
    def difference(self) -> TextDiff:
        """What was kept of the text."""
        return TextDiff(TokenisedText(self.before), TokenisedText(self.after))

    def _carried(self, sought: _Sought, at: TextSpan) -> AnchoringResult:
        """Judge where the difference carries a note."""
        old, new = self.difference.old, self.difference.new
        first, last = old.within(*at)
        begin = self.difference.kept_whole(first, last)
        if begin is not None:
            end = begin + last - first
            start = new.starts[begin] + max(0, at.start - old.starts[first])
            stop = new.ends[end - 1] - max(0, old.ends[last - 1] - at.end)
            spans = [TextSpan(start, stop)]
        else:
            spans = self._inside(sought, first, last)
        return self._best(sought, spans, MIN_SIMILARITY, AnchorState.PLACED)

    def _inside(self, sought: _Sought, first: int, last: int) -> list[TextSpan]:
        """Return where old words may stand between what was kept before them and after."""
        new = self.difference.new
        begin, end = self.difference.window(first, last)
        kept = self.difference.kept(first, last)
        spans = []
        if kept:
            longest = max(kept, key=lambda part: part[1] - part[0])
            spans = [TextSpan(*new.stretch(kept[0][0], kept[-1][1])), TextSpan(*new.stretch(*longest))]
            begin, end = max(begin, longest[0] - (last - first)), min(end, longest[1] + last - first)
        if begin >= end or new.ends[end - 1] - new.starts[begin] > 4 * sought.letters + MAX_GROWTH:
            return spans
        return [*spans, *sought.near(new, begin, end)]

    def _found(self, sought: _Sought, at: TextSpan | None) -> AnchoringResult:
        """Judge the places among the new words."""
        new = self.difference.new
        there = self.difference.old.within(*at) if at else (0, 0)
        spans = {
            span
            for words in sought.words
            for window in self.difference.candidate_windows(*words)
            for span in sought.near(new, *window)
            if self.difference.novelty(*new.within(*span)) >= 1 / 2
        }
        good = (span for span in sorted(spans) if sought.score(self.after, span, MIN_SIMILARITY_ELSEWHERE) >= MIN_SCORE)
        come = [span for span in good if not self.difference.stood(*new.within(*span), there)]
        return self._best(sought, come, MIN_SIMILARITY_ELSEWHERE, AnchorState.MOVED)

    def _best(
        self, sought: _Sought, spans: Iterable[TextSpan], alike: float, unchanged: AnchorState
    ) -> AnchoringResult:
        """Return the best of some places, if it is good enough and no other is as good."""
        judged = [(sought.score(self.after, span, alike), span) for span in spans]
        score, best = max(judged, key=lambda place: place[0], default=(0.0, TextSpan(0, 0)))
        rivals = (other for other, span in judged if span.end <= best.start or span.start >= best.end)
        if score < MIN_SCORE or score - max(rivals, default=0.0) < MIN_LEAD:
            return ORPHANED_RESULT
        same = self.after[slice(*best)].split() == sought.made.exact.split()
        return AnchoringResult(unchanged if same else AnchorState.CHANGED, best, score)


class _Sought(NamedTuple):
    """What is sought: the quotation as it was made, and as it last stood."""

    made: Quotation
    last: Quotation

    @property
    def quotations(self) -> list[Quotation]:
        """Both, or one where they are the same."""
        return [self.made] if self.made == self.last else [self.made, self.last]

    @property
    def letters(self) -> int:
        """How long the words are."""
        return max(len(quotation.exact) for quotation in self.quotations)

    @property
    def words(self) -> Iterator[tuple[list[str], int, int]]:
        """The words of each with those around them; the first, and the one after the last."""
        for exact, prefix, suffix in self.quotations:
            before, words, after = map(ANCHOR_TOKEN.findall, (prefix, exact, suffix))
            yield [*before, *words, *after], len(before), len(before) + len(words)

    def near(self, text: TokenisedText, first: int, last: int) -> list[TextSpan]:
        """Return where in a window of a text one of them may stand."""
        exacts = dict.fromkeys(quotation.exact.strip() for quotation in self.quotations)
        return [TextSpan(*span) for exact in exacts for span in find_similar(exact, text, first, last)]

    def score(self, text: str, span: TextSpan, least: float) -> float:
        """Return the score of a place; 0 where its words are less alike than that, or too far from what was quoted."""
        words = text[slice(*span)]
        if text_similarity(self.made.exact, words) < MIN_SIMILARITY:
            return 0.0
        return max(_score(quotation, text, span, least) for quotation in self.quotations)


def _score(quotation: Quotation, text: str, span: TextSpan, least: float) -> float:
    """Weigh the words of a place, and the context on either side."""
    like = text_similarity(quotation.exact, text[slice(*span)])
    whole, agreeing = float(len(quotation.exact)), len(quotation.exact) * like
    before = collapse_whitespace(text[max(0, span.start - 2 * CONTEXT_LENGTH) : span.start])
    after = collapse_whitespace(text[span.end : span.end + 2 * CONTEXT_LENGTH])
    for wanted, there in (
        (collapse_whitespace(quotation.prefix)[::-1], before[::-1]),
        (collapse_whitespace(quotation.suffix), after),
    ):
        beside = Levenshtein.normalized_similarity(wanted, there[: len(wanted)])
        whole += len(wanted) / 2
        agreeing += len(wanted) / 2 * max(0.0, (beside - CHANCE_SIMILARITY) / (1 - CHANCE_SIMILARITY))
    return agreeing / whole if like >= least else 0.0


def _quote_spans(text: str, quotation: Quotation) -> Iterator[TextSpan]:
    """Yield the spans where these words stand in this context, whatever the white space between them."""
    kept, starts = _without_space(text)
    before, after = _words(quotation.prefix), _words(quotation.suffix)
    words = quotation.exact.split()
    length = sum(map(len, words))
    for at in _occurrences(kept, f"{before}{''.join(words)}{after}" if words else ""):
        first = at + len(before)
        span = TextSpan(starts[first], starts[first + length - 1] + 1)
        if text[slice(*span)].split() == words:
            yield span


def _occurrences(text: str, words: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _words(text: str) -> str:
    return "".join(text.split())


@lru_cache(maxsize=16)
def _without_space(text: str) -> tuple[str, list[int]]:
    """Return a text without its white space, and where each code point that is left stood."""
    return _words(text), [at for at, letter in enumerate(text) if not letter.isspace()]
