"""Word-by-word diffs of texts, and fuzzy search. Pure.

A text is split into **words**: runs of letters and digits, and every other character except white space by itself.
White space is ignored, so that wrapping lines differently changes nothing; so are case, accents and the kind of
quotation marks (`plaintext.matching.loosen`), so that words are followed through a change of these. Words are counted
from 0, as code points are.

A `TextDiff` compares two texts word by word (fast-diff-match-patch, Myers' algorithm): each distinct word is
mapped to one code point, which makes the diff five times as fast as one of letters, and independent of planes and
surrogates. It holds the **blocks** that were kept, in order; the words between them were deleted or inserted. If an
edit could just as well begin some words earlier or later (when one of two equal words is deleted), it is shifted to the
boundaries of lines, or else of sentences. What is not compared within `DIFF_TIMEOUT` counts as replaced.

`TextDiff.candidate_windows` suggests where words may be found among the new ones: rare words and pairs of words vote
for a place. `find_similar` then suggests similar spans in such a window (edlib), and `text_similarity` measures their
similarity (rapidfuzz).

>>> old, new = TokenisedText("One line. Two lines."), TokenisedText("A line.  Two lines, and so on")
>>> TextDiff(old, new).blocks
[MatchingBlock(old=1, new=1, size=4)]
>>> find_similar("Two limes", new, 0, len(new))
[(9, 18), (0, 29)]
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import edlib
from fast_diff_match_patch import diff
from rapidfuzz.distance import Indel, Levenshtein

from plaintext.matching import LOOSE_LETTERS, loosen
from plaintext.normal import compose

ANCHOR_TOKEN = re.compile(r"\w[\w\u0300-\u036f]*|[^\w\s]")
SENTENCE_ENDINGS = frozenset(".?!”\"'")
"""Characters at the ends of sentences."""

DIFF_TIMEOUT = 1.0
"""In seconds; enough for two texts of 60,000 code points with nothing in common."""

MAX_SHIFT = 50
"""How many words an edit may be shifted by to the start of a line or sentence."""

MAX_OCCURRENCES = 20
"""How often a word may occur in a text to vote for a place, and how many similar places are examined."""

MAX_SEEDS = 64
"""How many words and pairs of words of a passage vote."""

BUCKET_SIZE = 8
"""Votes are added up for places that are fewer words apart than this."""

CONTEXT_WORDS = 3
"""How many neighbouring words distinguish a passage from another with the same words."""

LONG_QUOTE_LENGTH = 2_000
"""Longer texts are not compared word by word, and only at the first of equally similar places."""

LOOSE_WORTH = 0.9
"""So that of two places the one with the very words is clearly ahead."""

MAX_WINDOWS = 4
"""How many places with votes are examined."""


class TokenisedText:
    """A text, its words, and their offsets."""

    def __init__(self, text: str) -> None:
        found = [(match[0], *match.span()) for match in ANCHOR_TOKEN.finditer(text)]
        self.text = text
        self.words = [loosen(word) for word, _, _ in found]
        self.starts = [start for _, start, _ in found]
        self.ends = [end for _, _, end in found]

    def __len__(self) -> int:
        return len(self.words)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The indexes of the first word that overlaps `text[start:end]`, and of the one after the last."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    def stretch(self, first: int, last: int) -> tuple[int, int]:
        """The offsets of the words from `first` up to `last`; there must be at least one."""
        return self.starts[first], self.ends[last - 1]

    def joined(self, first: int, last: int) -> str:
        """The words from `first` up to `last`, with one space around each."""
        return f" {' '.join(self.words[max(0, first) : last])} "

    @cached_property
    def whole(self) -> str:
        """All words, with one space around each."""
        return self.joined(0, len(self))

    def seam(self, at: int) -> int:
        """The boundary before a word: 3 between lines, 2 between sentences, 1 between words, 0 without white space."""
        if at in {0, len(self)}:
            return 3
        gap = self.text[self.ends[at - 1] : self.starts[at]]
        if "\n" in gap:
            return 3
        if gap and self.words[at - 1] in SENTENCE_ENDINGS:
            return 2
        return 1 if gap else 0


class MatchingBlock(NamedTuple):
    """Consecutive words that were kept: the index of the first in the old and in the new text, and their number."""

    old: int
    new: int
    size: int


class TextDiff:
    """What a new text kept of an old one."""

    def __init__(self, old: TokenisedText, new: TokenisedText) -> None:
        self.old = old
        self.new = new
        blocks = list(_matching_blocks(_as_code_points(old.words, new.words)))
        self.blocks = blocks if len(blocks) == 1 else list(_shift_edits(blocks, old, new))
        self._old_starts = [block.old for block in self.blocks]
        self._new_starts = [block.new for block in self.blocks]

    def kept_whole(self, first: int, last: int) -> int | None:
        """The new index of old words that were kept with nothing inserted between them; None if they were not."""
        block = self._block_before(self._old_starts, first)
        return first - block.old + block.new if first < last <= block.old + block.size else None

    def window(self, first: int, last: int) -> tuple[int, int]:
        """The new words between what was kept before some old words and what was kept after them."""
        before = self._block_before(self._old_starts, first)
        after = self.blocks[bisect_right(self._old_starts, last) - 1] if self.blocks else MatchingBlock(0, 0, 0)
        begin = before.new + min(before.size, first - before.old)
        if after.old + after.size > last:
            return begin, after.new + last - after.old
        following = bisect_right(self._old_starts, last)
        return begin, self.blocks[following].new if following < len(self.blocks) else len(self.new)

    def kept(self, first: int, last: int) -> list[tuple[int, int]]:
        """The stretches of new words that were kept from some old words, in order."""
        touched = self.blocks[max(0, bisect_right(self._old_starts, first) - 1) : bisect_left(self._old_starts, last)]
        ends = [(max(first, block.old), min(last, block.old + block.size), block.new - block.old) for block in touched]
        return [(begin + shift, end + shift) for begin, end, shift in ends if begin < end]

    def novelty(self, first: int, last: int) -> float:
        """The share of some new words that was not kept from the old text."""
        kept = 0
        for block in self.blocks[
            max(0, bisect_right(self._new_starts, first) - 1) : bisect_left(self._new_starts, last)
        ]:
            kept += max(0, min(last, block.new + block.size) - max(first, block.new))
        return 1 - kept / (last - first)

    def stood(self, first: int, last: int, place: tuple[int, int]) -> bool:
        """Whether some new words, with a few neighbours on either side, were in the old text outside `place`."""
        old_passage = self.old.joined(place[0] - CONTEXT_WORDS, place[1] + CONTEXT_WORDS)
        sides = self.new.joined(first - CONTEXT_WORDS, last), self.new.joined(first, last + CONTEXT_WORDS)
        return all(words in self.old.whole and words not in old_passage for words in sides)

    def candidate_windows(self, words: Sequence[str], first: int, last: int) -> Iterator[tuple[int, int]]:
        """Windows of new words where `words[first:last]` may be; the other words are their context."""
        votes: defaultdict[int, float] = defaultdict(float)
        seeds = [
            (hits, at) for at, key in _keys(words) if (hits := self._places.get(key)) and len(hits) <= MAX_OCCURRENCES
        ]
        for hits, at in sorted(seeds, key=lambda seed: len(seed[0]))[:MAX_SEEDS]:
            for bucket in {(hit - at + first) // BUCKET_SIZE for hit in hits}:
                votes[bucket] += 1 / len(hits)
                votes[bucket - 1] += 1 / len(hits)
        slack = (last - first) // 4 + 2
        for bucket in sorted(votes, key=lambda bucket: (-votes[bucket], bucket))[:MAX_WINDOWS]:
            begin = bucket * BUCKET_SIZE - slack
            end = (bucket + 2) * BUCKET_SIZE + last - first + slack
            yield max(0, begin), min(len(self.new), end)

    @cached_property
    def _places(self) -> dict[str | tuple[str, str], list[int]]:
        """The indexes of each word and each pair of words among the inserted words."""
        places: defaultdict[str | tuple[str, str], list[int]] = defaultdict(list)
        for begin, end in self._gaps():
            for at, key in _keys(self.new.words[begin:end]):
                places[key].append(begin + at)
        return dict(places)

    def _gaps(self) -> Iterator[tuple[int, int]]:
        at = 0
        for block in [*self.blocks, MatchingBlock(len(self.old), len(self.new), 0)]:
            if at < block.new:
                yield at, block.new
            at = block.new + block.size

    def _block_before(self, starts: list[int], word: int) -> MatchingBlock:
        """The last block that begins at or before a word; an empty one if there is none."""
        index = bisect_right(starts, word) - 1
        return self.blocks[index] if index >= 0 else MatchingBlock(0, 0, 0)


def find_similar(words: str, text: TokenisedText, first: int, last: int) -> list[tuple[int, int]]:
    """The few spans of a window that are most similar to `words`.

    These are the window itself; by words, the span from the first to the last common word, and the longest common
    stretch; by letters, all of the most similar spans, if they are at least half similar. Letters are compared by the
    low byte of their code point (edlib knows 256 values), so check the results with `text_similarity`.
    """
    if first >= last:
        return []
    begin, end = text.stretch(first, last)
    needle, window = (_bytes(each.translate(LOOSE_LETTERS)) for each in (words, text.text[begin:end]))
    spans = ((begin + start, begin + stop) for start, stop in _by_letters(needle, window))
    trimmed = (_to_whole_words(words, text, *span) for span in spans)
    return list(dict.fromkeys([*_common_stretches(words, text, first, last), *filter(None, trimmed), (begin, end)]))


def _by_letters(words: bytes, window: bytes) -> Iterator[tuple[int, int]]:
    """The spans most similar to `words`; for long ones only the first, as each takes time."""
    most = len(words) // 2
    ends = edlib.align(words, window, mode="HW", task="distance", k=most)["locations"]
    for _, last in ends[: MAX_OCCURRENCES if len(words) <= LONG_QUOTE_LENGTH else 1]:
        back = window[max(0, last + 1 - len(words) - most) : last + 1][::-1]
        starts = edlib.align(words[::-1], back, mode="SHW", task="distance", k=most)["locations"] if back else []
        if starts and starts[-1][1] >= 0:
            yield last - starts[-1][1], last + 1


def _common_stretches(words: str, text: TokenisedText, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The longest stretch of words that a window shares with these, and from the first shared word to the last."""
    blocks = (
        list(_matching_blocks(_as_code_points(loose_words(words), text.words[first:last])))
        if len(words) <= LONG_QUOTE_LENGTH
        else []
    )
    if blocks:
        longest = max(blocks, key=lambda block: block.size)
        yield text.stretch(first + longest.new, first + longest.new + longest.size)
        yield text.stretch(first + blocks[0].new, first + blocks[-1].new + blocks[-1].size)


def loose_words(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [loosen(word) for word in ANCHOR_TOKEN.findall(text)]


def text_similarity(one: str, other: str) -> float:
    """The similarity of two texts by letters or by words, whichever is greater, from 0 to 1.

    One that does not count case, accents and quotation marks is worth `LOOSE_WORTH` of it.
    """
    one, other = compose(one), compose(other)
    return max(_similarity(one, other), LOOSE_WORTH * _similarity(loosen(one), loosen(other)))


def _similarity(one: str, other: str) -> float:
    if one == other:
        return 1.0
    letters = Levenshtein.normalized_similarity(collapse_whitespace(one), collapse_whitespace(other))
    if max(len(one), len(other)) > LONG_QUOTE_LENGTH:
        return letters
    return max(letters, _word_similarity(ANCHOR_TOKEN.findall(one), ANCHOR_TOKEN.findall(other)))


def _word_similarity(one: list[str], other: list[str]) -> float:
    """The share of letters in words that both have in the same order."""
    single = sum(
        len(one[edit.src_pos] if edit.tag == "delete" else other[edit.dest_pos]) for edit in Indel.editops(one, other)
    )
    letters = sum(map(len, one)) + sum(map(len, other))
    return 1 - single / letters if letters else 0.0


def collapse_whitespace(text: str) -> str:
    """Replace every run of white space with one space, and remove it at the ends."""
    return " ".join(text.split())


def moved_with_lines(before: str, after: str, at: tuple[int, int]) -> tuple[int, int] | None:
    """Where the words at `at` went, if the lines that they are in stand once in each text, whole."""
    first, last = before.count("\n", 0, at[0]), before.count("\n", 0, at[1])
    old, new = before.split("\n"), after.split("\n")
    block = [_line(line) for line in old[first : last + 1]]
    places = _where(block, new)
    if not any(block) or len(places) != 1 or len(_where(block, old)) != 1:
        return None
    was, now = ("\n".join(lines[at : at + len(block)]) for lines, at in ((old, first), (new, places[0])))
    if was.translate(LOOSE_LETTERS) != now.translate(LOOSE_LETTERS):
        return None
    shift = _offset(new, places[0]) - _offset(old, first)
    return at[0] + shift, at[1] + shift


def _offset(lines: list[str], number: int) -> int:
    """The offset of a line."""
    return sum(len(line) + 1 for line in lines[:number])


def _where(block: list[str], lines: list[str]) -> list[int]:
    """The numbers of the lines at which these begin."""
    begins = (number for number, line in enumerate(lines) if _line(line) == block[0])
    return [at for at in begins if [_line(line) for line in lines[at : at + len(block)]] == block]


@lru_cache(maxsize=4096)
def _line(line: str) -> str:
    return collapse_whitespace(loosen(line))


def _to_whole_words(words: str, text: TokenisedText, start: int, end: int) -> tuple[int, int] | None:
    """A span trimmed of white space and widened to whole words, unless it already matches `words`."""
    first, last = text.within(start, end)
    if first >= last:
        return None
    begin, stop = text.stretch(first, last)
    inner = max(start, begin), min(end, stop)
    return inner if text.text[slice(*inner)].split() == words.split() else (begin, stop)


def _bytes(text: str) -> bytes:
    return text.encode("utf-32-le", "surrogatepass")[::4]


def _keys(words: Sequence[str]) -> Iterator[tuple[int, str | tuple[str, str]]]:
    """Every word and every pair of neighbours, each with its index."""
    yield from enumerate(words)
    yield from enumerate(pairwise(words))


def _as_code_points(*texts: list[str]) -> list[str]:
    """Texts with one code point for each word."""
    codes: dict[str, str] = {}
    return ["".join([codes.setdefault(word, chr(0x10000 + len(codes))) for word in words]) for words in texts]


def _matching_blocks(texts: Sequence[str]) -> Iterator[MatchingBlock]:
    old = new = 0
    for kind, size in diff(*texts, timelimit=DIFF_TIMEOUT, checklines=False, cleanup="Semantic", counts_only=True):
        if kind == "=":
            yield MatchingBlock(old, new, size)
        old += size if kind in "=-" else 0
        new += size if kind in "=+" else 0


def _shift_edits(blocks: Sequence[MatchingBlock], old: TokenisedText, new: TokenisedText) -> Iterator[MatchingBlock]:
    """The blocks after shifting the edits between them to boundaries of lines and sentences."""
    if not blocks:
        return
    last = blocks[0]
    for block in blocks[1:]:
        shift = _shift(last, block, old, new)
        yield last._replace(size=last.size + shift)
        last = MatchingBlock(block.old + shift, block.new + shift, block.size - shift)
    yield last


def _shift(one: MatchingBlock, other: MatchingBlock, old: TokenisedText, new: TokenisedText) -> int:
    """By how many words the edit between two blocks should come later (or, if negative, earlier)."""
    deleted, inserted = (one.old + one.size, other.old), (one.new + one.size, other.new)
    if (deleted[0] < deleted[1]) == (inserted[0] < inserted[1]):
        return 0
    text, (begin, end) = (old, deleted) if deleted[0] < deleted[1] else (new, inserted)
    words = text.words
    least = most = 0
    while most < min(MAX_SHIFT, other.size) and words[begin + most] == words[end + most]:
        most += 1
    while -least < min(MAX_SHIFT, one.size) and words[begin + least - 1] == words[end + least - 1]:
        least -= 1
    return max(range(least, most + 1), key=lambda by: (text.seam(begin + by) + text.seam(end + by), -abs(by)))
