"""Marking the words that were removed from and added to a text. Pure.

Texts are split into words and single signs, each of which is encoded as one code point for the comparison
(fast-diff-match-patch). So words are never marked in part, and it takes a fifth of the time. White space and signs
between two edits count as edited, so that a rewritten sentence reads as one edit. Whatever cannot be compared within
`DIFF_SECONDS` counts as replaced.

>>> [(span.mark.value, span.text) for span in diff_words("It began small.", "It began very small.")]
[('same', 'It began '), ('added', 'very '), ('same', 'small.')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain, groupby
from typing import NamedTuple

from fast_diff_match_patch import diff

CJK_LETTER = r"[\u3040-\u30ff\u3400-\u9fff]"
"""A Chinese or Japanese character, which counts as a word."""

OTHER_WORD_LETTER = rf"(?!{CJK_LETTER})\w"
WORD_OR_SIGN = rf"{CJK_LETTER}|{OTHER_WORD_LETTER}(?:[’']?{OTHER_WORD_LETTER}|[\u0300-\u036f])*|[^\w\s]"
WORD_TOKEN = re.compile(rf"({WORD_OR_SIGN})(\s*)")
WordToken = tuple[str, str]
"""A word or sign, and the white space after it."""

WORD_LETTER = re.compile(r"\w")
DIFF_SECONDS = 0.05
FOLD_CONTEXT_LENGTH = 80
"""Characters shown next to an edit when an unchanged stretch is folded."""


class EditMark(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    FOLDED = "folded"
    """Unchanged words that are hidden for brevity."""


class EditSpan(NamedTuple):
    mark: EditMark
    text: str

    @property
    def seen(self) -> str:
        """The text, with visible signs for an edit that is only white space."""
        if self.mark in {EditMark.SAME, EditMark.FOLDED} or self.text.strip():
            return self.text
        return self.text.replace(" ", "·").replace("\t", "⇥").replace("\n", "¶\n")


def diff_words(before: str, after: str) -> list[EditSpan]:
    """Mark the edits. The spans that are same or removed make up `before`, those that are same or added `after`."""
    if before == after:
        return [EditSpan(EditMark.SAME, before)] if before else []
    olds, news = _tokens(before), _tokens(after)
    return list(_with_edits_joined(_without_wordless_gaps(list(_with_edits_joined(_edits(olds, news))))))


def _tokens(text: str) -> list[WordToken]:
    """Split a text into tokens. The first is empty, and holds the leading white space."""
    return [("", text[: len(text) - len(text.lstrip())]), *WORD_TOKEN.findall(text)]


def _edits(olds: list[WordToken], news: list[WordToken]) -> Iterator[EditSpan]:
    """Yield the spans from the comparison of two texts."""
    codes: dict[str, str] = {}
    coded = ["".join([codes.setdefault(word, chr(0x10000 + len(codes))) for word, _ in each]) for each in (olds, news)]
    old = new = 0
    for sign, size in diff(*coded, timelimit=DIFF_SECONDS, checklines=False, cleanup="Semantic", counts_only=True):
        if sign == "=":
            yield from _unchanged(olds[old : old + size], news[new : new + size])
        elif sign == "-":
            yield EditSpan(EditMark.REMOVED, _text(olds[old : old + size]))
        else:
            yield EditSpan(EditMark.ADDED, _text(news[new : new + size]))
        old += size if sign in "=-" else 0
        new += size if sign in "=+" else 0


def _unchanged(olds: list[WordToken], news: list[WordToken]) -> Iterator[EditSpan]:
    """Yield unchanged words, with changes in the white space after them."""
    begin = 0
    for place, (one, other) in enumerate(zip(olds, news, strict=True)):
        if one != other:
            yield EditSpan(EditMark.SAME, _text(olds[begin:place]) + one[0])
            yield EditSpan(EditMark.REMOVED, one[1])
            yield EditSpan(EditMark.ADDED, other[1])
            begin = place + 1
    yield EditSpan(EditMark.SAME, _text(olds[begin:]))


def _text(tokens: list[WordToken]) -> str:
    return "".join(chain.from_iterable(tokens))


def _without_wordless_gaps(spans: list[EditSpan]) -> Iterator[EditSpan]:
    """Turn unchanged spans without words between edits into edits."""
    for place, span in enumerate(spans):
        inside = 0 < place < len(spans) - 1
        if span.mark is EditMark.SAME and inside and not WORD_LETTER.search(span.text):
            yield EditSpan(EditMark.REMOVED, span.text)
            yield EditSpan(EditMark.ADDED, span.text)
        else:
            yield span


def _with_edits_joined(spans: Iterable[EditSpan]) -> Iterator[EditSpan]:
    """Join adjacent edits: first all removed text, then all added text."""
    for same, group in groupby(spans, key=lambda span: span.mark is EditMark.SAME):
        run = list(group)
        for mark in (EditMark.SAME,) if same else (EditMark.REMOVED, EditMark.ADDED):
            text = "".join(span.text for span in run if span.mark is mark)
            if text:
                yield EditSpan(mark, text)


def fold_unchanged(spans: list[EditSpan], context: int = FOLD_CONTEXT_LENGTH) -> list[EditSpan]:
    """Fold the middle of long unchanged stretches; whole words within `context` characters of an edit remain.

    No text is lost: the folded words are a separate span.
    """
    last = len(spans) - 1
    shown: list[EditSpan] = []
    for place, span in enumerate(spans):
        head = _head(span.text, context) if place else 0
        tail = _tail(span.text, context) if place < last else len(span.text)
        if span.mark is EditMark.SAME and tail - head > 2 * context:
            stretches = (
                (EditMark.SAME, slice(head)),
                (EditMark.FOLDED, slice(head, tail)),
                (EditMark.SAME, slice(tail, None)),
            )
            shown += [EditSpan(mark, span.text[stretch]) for mark, stretch in stretches if span.text[stretch]]
        else:
            shown.append(span)
    return shown


def _head(text: str, context: int) -> int:
    """Return the end of the last whole word within the first `context` characters."""
    ends = [match.end(1) for match in WORD_TOKEN.finditer(text[: 2 * context]) if WORD_LETTER.match(match[1])]
    return max((end for end in ends if end <= context), default=0)


def _tail(text: str, context: int) -> int:
    """Return the start of the first whole word within the last `context` characters."""
    matches = WORD_TOKEN.finditer(text, max(0, len(text) - 2 * context))
    starts = [match.start() for match in matches if WORD_LETTER.match(match[1])]
    return next((start for start in starts if start >= len(text) - context), len(text))


def unchanged_share(spans: Iterable[EditSpan]) -> float:
    """Return the share of unchanged characters, from 0 to 1."""
    letters = dict.fromkeys(EditMark, 0)
    for span in spans:
        letters[span.mark] += len(span.text)
    whole = 2 * letters[EditMark.SAME] + letters[EditMark.REMOVED] + letters[EditMark.ADDED]
    return 2 * letters[EditMark.SAME] / whole if whole else 1.0
