"""Where a quotation stands in a text. Pure; this docstring is the specification.

A **text** is the textContent of a narrative's element: `cases.markdown.text_of(cases.markdown.render(narrative))`.
Offsets count its Unicode code points (as Python's `len` does, and as JavaScript's `length` does not), from 0; a
**span** is `text[start:end]`, never empty. White space is what `str.isspace` says.

A **quotation** is the words of a span and up to 32 code points on either side of it: `exact`, `prefix`, `suffix`
(the W3C's TextQuoteSelector). `quote` makes one: its prefix is shorter than 32 only where the text begins, its suffix
only where the text ends.

A *writer* says where a note belongs, by offsets or without them:

- `stands(text, start, quotation)`: at these offsets stand exactly these words, and next to them whatever context is
  given. Nothing is forgiven: who gives offsets counted in this very text.
- `places(text, quotation)`: every span where the quotation stands, in order; for who gives no offsets. A context left
  empty is not asked for. White space matches white space (one space pasted for a line end, say): a run of it in
  `exact` stands for any run in the text, and at its ends for none at all, so that the spans begin and end with words.
  Where spans with exactly these characters stand, only those count. One place is an answer; none or several are a
  reason to ask back.

A *text changes* under a stored quotation. `place(text, start, quotation)` is the span where its words stand now, or
None: better no place than a wrong one. Where nothing changed it is the old one. Else it is, of the spans where the
words stand (white space as above), the one in whose context the most code points are as before, counted from the words
outwards on both sides, white space left aside; among equals the one at the old offset, or none. Enough of them have to
agree: 10, or all that the quotation has; words that are long enough to be known by themselves (32) need none. Words
that stand more than 20 times are known by their whole context alone; if that stands as often, they have no place.

>>> text = "the cat and the dog"
>>> quote(text, 12, 19)
Quotation(exact='the dog', prefix='the cat and ', suffix='')
>>> places(text, Quotation("the")), places(text, Quotation("the", suffix=" dog"))
([Span(start=0, end=3), Span(start=12, end=15)], [Span(start=12, end=15)])
>>> place("Now " + text, 12, quote(text, 12, 19))
Span(start=16, end=23)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple

CONTEXT = 32
"""How many code points of context a quotation keeps on either side, and how long words are that need none."""

ENOUGH = 10
"""How many code points of context have to agree for shorter words to be known again."""

MANY = 20
"""How many times words may stand in a text for the context of each to be looked at."""


class Span(NamedTuple):
    """A stretch of a text: the offsets of its first code point and of the one after its last."""

    start: int
    end: int


class Quotation(NamedTuple):
    """The words of a span, and what stands before and after them."""

    exact: str
    prefix: str = ""
    suffix: str = ""


def quote(text: str, start: int, end: int) -> Quotation:
    """Return the quotation of `text[start:end]`; a ValueError where that is no span of the text."""
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{start} to {end} is no span of a text of {len(text)} code points.")
    return Quotation(text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def stands(text: str, start: int, quotation: Quotation) -> bool:
    """Tell whether the quotation stands at `start`, character by character, in the context it gives."""
    end = start + len(quotation.exact)
    return (
        0 <= start < end
        and text[start:end] == quotation.exact
        and text[:start].endswith(quotation.prefix)
        and text.startswith(quotation.suffix, end)
    )


def places(text: str, quotation: Quotation) -> list[Span]:
    """Return every span where the quotation stands, in the context it gives."""
    found = list(_standing(text, quotation))
    return [span for span in found if text[slice(*span)] == quotation.exact.strip()] or found


def place(text: str, start: int, quotation: Quotation) -> Span | None:
    """Return where the words of a stored quotation, once at `start`, stand now; None where that is not certain."""
    end = start + len(quotation.exact)
    if end <= len(text) and quote(text, start, end) == quotation:
        return Span(start, end)
    best = _few(text, quotation) or _most_alike(text, quotation)
    return best[0] if len(best) == 1 else next((span for span in best if span.start == start), None)


def _few(text: str, quotation: Quotation) -> list[Span]:
    """Return the spans where the quotation stands, unless there are too many to look at each."""
    found = list(islice(_standing(text, quotation), MANY + 1))
    return found if len(found) <= MANY else []


def _most_alike(text: str, quotation: Quotation) -> list[Span]:
    """Return the spans where the words stand in the context most like the one they had, if that is enough."""
    found = _few(text, Quotation(quotation.exact))
    agreeing = [_agreement(text, span, quotation) for span in found]
    most = max(agreeing, default=0)
    if most < _wanted(quotation):
        return []
    return [span for span, agrees in zip(found, agreeing, strict=True) if agrees == most]


def _wanted(quotation: Quotation) -> int:
    """Return how many code points of context have to agree."""
    there = len(_words(quotation.prefix)) + len(_words(quotation.suffix))
    return 0 if len(quotation.exact) >= CONTEXT else min(ENOUGH, there)


def _agreement(text: str, span: Span, quotation: Quotation) -> int:
    """Count the code points of context that are as before, from the words outwards."""
    kept, starts = _without_space(text)
    begin, end = bisect_left(starts, span.start), bisect_left(starts, span.end)
    before = kept[max(0, begin - CONTEXT) : begin]
    after = kept[end : end + CONTEXT]
    return _common(before[::-1], _words(quotation.prefix)[::-1]) + _common(after, _words(quotation.suffix))


def _common(one: str, other: str) -> int:
    """Count the code points that two texts begin with together."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _standing(text: str, quotation: Quotation) -> Iterator[Span]:
    """Yield the spans where these words stand in this context, whatever the white space between them."""
    kept, starts = _without_space(text)
    before, after = _words(quotation.prefix), _words(quotation.suffix)
    words = quotation.exact.split()
    length = sum(map(len, words))
    for at in _every(kept, f"{before}{''.join(words)}{after}" if words else ""):
        first = at + len(before)
        span = Span(starts[first], starts[first + length - 1] + 1)
        if text[slice(*span)].split() == words:
            yield span


def _every(text: str, words: str) -> Iterator[int]:
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
