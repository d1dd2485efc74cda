"""What became of the words of a text when it changed, and where words stand that are nearly these. Pure.

A text is cut into **words**: runs of letters and digits, and every other sign that is not white space by itself. White
space is none, so that lines wrapped anew change nothing. Words are counted from 0, as code points are.

A `TextDiff` compares two texts word by word (fast-diff-match-patch, Myers' algorithm): every word has one code point
of its own there, which makes the comparison five times as short as one of letters, and independent of planes and
surrogates. It holds the **blocks** that were kept, in order; what lies between them is gone or new. Where a deletion or
an insertion could as well begin some words earlier or later (one of two words that read alike has gone), it begins and
ends at the ends of lines, else of sentences. What more than `DIFF_TIMEOUT` would be needed for counts as replaced.

`TextDiff.alike` suggests where words may have come to stand among the new ones: rare words and pairs of words vote
for a place. `find_similar` then suggests where in such a window something begins and ends that reads like them (edlib),
and `text_similarity` says how much it does (rapidfuzz).

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
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import edlib
from fast_diff_match_patch import diff
from rapidfuzz.distance import Indel, Levenshtein

ANCHOR_TOKEN = re.compile(r"\w[\w\u0300-\u036f]*|[^\w\s]")
SENTENCE_ENDINGS = frozenset(".?!”\"'")
"""Signs at the ends of sentences."""

DIFF_TIMEOUT = 1.0
"""How long two texts are compared: enough for 60,000 code points of which none is kept."""

MAX_SHIFT = 50
"""How many words an edit may be shifted by, to begin where a line or sentence does."""

MAX_OCCURRENCES = 20
"""How often words may stand in a text to say something about a place, and how many places are looked at."""

MAX_SEEDS = 64
"""How many words and pairs of a passage vote."""

BUCKET_SIZE = 8
"""Votes count together when they are for places fewer words apart than this."""

CONTEXT_WORDS = 3
"""How many words beside others tell a passage from another with the same words."""

LONG_QUOTE_LENGTH = 2_000
"""How many letters words may have to be compared word by word, too, and at every place that is equally like them."""

MAX_WINDOWS = 4
"""How many places that were voted for are looked at."""


class TokenisedText:
    """A text and where its words begin and end."""

    def __init__(self, text: str) -> None:
        found = [(match[0], *match.span()) for match in ANCHOR_TOKEN.finditer(text)]
        self.text = text
        self.words = [word for word, _, _ in found]
        self.starts = [start for _, start, _ in found]
        self.ends = [end for _, _, end in found]

    def __len__(self) -> int:
        return len(self.words)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the one after the last of the words that `text[start:end]` has letters of."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    def stretch(self, first: int, last: int) -> tuple[int, int]:
        """Return where the words from `first` up to `last` begin and end; there must be one at least."""
        return self.starts[first], self.ends[last - 1]

    def joined(self, first: int, last: int) -> str:
        """Return the words from `first` up to `last`, with one space around each."""
        return f" {' '.join(self.words[max(0, first) : last])} "

    @cached_property
    def whole(self) -> str:
        """All words, with one space around each."""
        return self.joined(0, len(self))

    def seam(self, at: int) -> int:
        """Return how deep the cut before a word is: 3 between lines, 2 sentences, 1 words, 0 inside of one."""
        if at in {0, len(self)}:
            return 3
        gap = self.text[self.ends[at - 1] : self.starts[at]]
        if "\n" in gap:
            return 3
        if gap and self.words[at - 1] in SENTENCE_ENDINGS:
            return 2
        return 1 if gap else 0


class MatchingBlock(NamedTuple):
    """So many words that were kept in a row: the first of them in the old text and in the new one."""

    old: int
    new: int
    size: int


class TextDiff:
    """What was kept of an old text in a new one."""

    def __init__(self, old: TokenisedText, new: TokenisedText) -> None:
        self.old = old
        self.new = new
        blocks = list(_matching_blocks(_coded(old.words, new.words)))
        self.blocks = blocks if len(blocks) == 1 else list(_settled(blocks, old, new))
        self._olds = [block.old for block in self.blocks]
        self._news = [block.new for block in self.blocks]

    def kept_whole(self, first: int, last: int) -> int | None:
        """Return where old words now begin that were kept with nothing put between them; None if they were not."""
        block = self._at(self._olds, first)
        return first - block.old + block.new if first < last <= block.old + block.size else None

    def window(self, first: int, last: int) -> tuple[int, int]:
        """Return the new words between what was kept before some old ones and what was kept after them."""
        before = self._at(self._olds, first)
        after = self.blocks[bisect_right(self._olds, last) - 1] if self.blocks else MatchingBlock(0, 0, 0)
        begin = before.new + min(before.size, first - before.old)
        if after.old + after.size > last:
            return begin, after.new + last - after.old
        following = bisect_right(self._olds, last)
        return begin, self.blocks[following].new if following < len(self.blocks) else len(self.new)

    def kept(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return the stretches of new words that were kept of some old ones, in order."""
        touched = self.blocks[max(0, bisect_right(self._olds, first) - 1) : bisect_left(self._olds, last)]
        ends = [(max(first, block.old), min(last, block.old + block.size), block.new - block.old) for block in touched]
        return [(begin + shift, end + shift) for begin, end, shift in ends if begin < end]

    def novelty(self, first: int, last: int) -> float:
        """Return which share of some new words was not kept from the old text."""
        kept = 0
        for block in self.blocks[max(0, bisect_right(self._news, first) - 1) : bisect_left(self._news, last)]:
            kept += max(0, min(last, block.new + block.size) - max(first, block.new))
        return 1 - kept / (last - first)

    def stood(self, first: int, last: int, there: tuple[int, int]) -> bool:
        """Tell whether some new words, with a few on either side, stood in the old text, and elsewhere than there."""
        here = self.old.joined(there[0] - CONTEXT_WORDS, there[1] + CONTEXT_WORDS)
        sides = self.new.joined(first - CONTEXT_WORDS, last), self.new.joined(first, last + CONTEXT_WORDS)
        return all(words in self.old.whole and words not in here for words in sides)

    def candidate_windows(self, words: Sequence[str], first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield windows of new words where `words[first:last]` may stand; the others are what stood around them."""
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
        """Where each word, and each pair of them, stands among the new ones."""
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

    def _at(self, starts: list[int], word: int) -> MatchingBlock:
        """Return the last block that begins at a word or before it; an empty one where none does."""
        index = bisect_right(starts, word) - 1
        return self.blocks[index] if index >= 0 else MatchingBlock(0, 0, 0)


def find_similar(words: str, text: TokenisedText, first: int, last: int) -> list[tuple[int, int]]:
    """Return where, within a window of a text, what stands there may be `words`: the likeliest few places.

    The window itself; by words, from the first to the last that both have, and the longest stretch of them; by letters,
    all that are equally and at least half like them. Letters are compared by the low byte of their code point (edlib
    knows 256), so that who needs to be sure compares once more.
    """
    if first >= last:
        return []
    begin, end = text.stretch(first, last)
    spans = ((begin + start, begin + stop) for start, stop in _by_letters(_bytes(words), _bytes(text.text[begin:end])))
    settled = (_settle(words, text, *span) for span in spans)
    return list(dict.fromkeys([*_common(words, text, first, last), *filter(None, settled), (begin, end)]))


def _by_letters(words: bytes, window: bytes) -> Iterator[tuple[int, int]]:
    """Yield where begins and ends what is most like `words`; of long ones the first place only, as each costs."""
    most = len(words) // 2
    ends = edlib.align(words, window, mode="HW", task="distance", k=most)["locations"]
    for _, last in ends[: MAX_OCCURRENCES if len(words) <= LONG_QUOTE_LENGTH else 1]:
        back = window[max(0, last + 1 - len(words) - most) : last + 1][::-1]
        starts = edlib.align(words[::-1], back, mode="SHW", task="distance", k=most)["locations"] if back else []
        if starts and starts[-1][1] >= 0:
            yield last - starts[-1][1], last + 1


def _common(words: str, text: TokenisedText, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the longest stretch of words that a window has in common with these, and that from first to last."""
    blocks = (
        list(_matching_blocks(_coded(ANCHOR_TOKEN.findall(words), text.words[first:last])))
        if len(words) <= LONG_QUOTE_LENGTH
        else []
    )
    if blocks:
        longest = max(blocks, key=lambda block: block.size)
        yield text.stretch(first + longest.new, first + longest.new + longest.size)
        yield text.stretch(first + blocks[0].new, first + blocks[-1].new + blocks[-1].size)


def text_similarity(one: str, other: str) -> float:
    """Return how much alike two texts are, from 0 to 1, by their letters or by their words."""
    if one == other:
        return 1.0
    letters = Levenshtein.normalized_similarity(collapse_whitespace(one), collapse_whitespace(other))
    if max(len(one), len(other)) > LONG_QUOTE_LENGTH:
        return letters
    return max(letters, _word_similarity(ANCHOR_TOKEN.findall(one), ANCHOR_TOKEN.findall(other)))


def _word_similarity(one: list[str], other: list[str]) -> float:
    """Return the share of letters in words that both have, in one order."""
    single = sum(
        len(one[edit.src_pos] if edit.tag == "delete" else other[edit.dest_pos]) for edit in Indel.editops(one, other)
    )
    return 1 - single / (sum(map(len, one)) + sum(map(len, other)))


def collapse_whitespace(text: str) -> str:
    """Return a text with one space for every run of white space, and none at its ends."""
    return " ".join(text.split())


def _settle(words: str, text: TokenisedText, start: int, end: int) -> tuple[int, int] | None:
    """Return a span without white space at its ends; with whole words there, unless it is what is looked for."""
    first, last = text.within(start, end)
    if first >= last:
        return None
    begin, stop = text.stretch(first, last)
    inner = max(start, begin), min(end, stop)
    return inner if text.text[slice(*inner)].split() == words.split() else (begin, stop)


def _bytes(text: str) -> bytes:
    return text.encode("utf-32-le", "surrogatepass")[::4]


def _keys(words: Sequence[str]) -> Iterator[tuple[int, str | tuple[str, str]]]:
    """Yield every word, and every pair of neighbours, and where it stands."""
    yield from enumerate(words)
    yield from enumerate(pairwise(words))


def _coded(*texts: list[str]) -> list[str]:
    """Return texts with one code point for each word."""
    codes: dict[str, str] = {}
    return ["".join([codes.setdefault(word, chr(0x10000 + len(codes))) for word in words]) for words in texts]


def _matching_blocks(texts: Sequence[str]) -> Iterator[MatchingBlock]:
    old = new = 0
    for kind, size in diff(*texts, timelimit=DIFF_TIMEOUT, checklines=False, cleanup="Semantic", counts_only=True):
        if kind == "=":
            yield MatchingBlock(old, new, size)
        old += size if kind in "=-" else 0
        new += size if kind in "=+" else 0


def _settled(blocks: Sequence[MatchingBlock], old: TokenisedText, new: TokenisedText) -> Iterator[MatchingBlock]:
    """Yield the blocks with the edits between them begun where lines and sentences do."""
    if not blocks:
        return
    last = blocks[0]
    for block in blocks[1:]:
        shift = _shift(last, block, old, new)
        yield last._replace(size=last.size + shift)
        last = MatchingBlock(block.old + shift, block.new + shift, block.size - shift)
    yield last


def _shift(one: MatchingBlock, other: MatchingBlock, old: TokenisedText, new: TokenisedText) -> int:
    """Return by how many words the edit between two blocks is better made later (or, negative, earlier)."""
    gone, come = (one.old + one.size, other.old), (one.new + one.size, other.new)
    if (gone[0] < gone[1]) == (come[0] < come[1]):
        return 0
    text, (begin, end) = (old, gone) if gone[0] < gone[1] else (new, come)
    words = text.words
    least = most = 0
    while most < min(MAX_SHIFT, other.size) and words[begin + most] == words[end + most]:
        most += 1
    while -least < min(MAX_SHIFT, one.size) and words[begin + least - 1] == words[end + least - 1]:
        least -= 1
    return max(range(least, most + 1), key=lambda by: (text.seam(begin + by) + text.seam(end + by), -abs(by)))
