"""Excerpts of texts in which the words searched for are marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from .outline import JOINER, LIGATURE, outline, whole_from
from .query import SearchQuery
from .text import GAP_MARK, JOINED_PREFIXES, SCRIPTS_WITHOUT_SPACES, UMLAUTS, UNSPACED, split_words, stem, stems

EXCERPT_LENGTH = 210  # characters, about thirty words
LENGTH_BEFORE_HIT = 50  # characters before the first hit
LONGEST_WORD = 30  # characters that an excerpt may be shorter to end between words

# All of these are matched in the outline of a text.
WORD_CHARACTER = re.compile(r"[^\W_]")
NEXT_WORD_START = re.compile(r"[\W_]+[^\W_]+")
LETTER = rf"[^\W_{SCRIPTS_WITHOUT_SPACES}]"
WORD_START = rf"(?<!{LETTER}[\s\S])"  # the letter just read is the first of a word
WORD_REST = rf"{LETTER}*(?:[-']{LETTER}+)*"
THOUSANDS = r"(?<=\d)\d{0,2}(?:,\d\d)*(?:[ .,']\d{3})+(?!\d)"  # after the first digit
SYLLABLE_REST = f"[{JOINER}\u1160-\u11ff]*"  # of a script without spaces: its marks, or the rest of a decomposed one
FOLDED_LETTERS = f"{UMLAUTS}{LIGATURE}"  # a word beginning with them may be meant by many others
NON_ASCII_LETTER = r"(?![\x00-\x7f])[^\W_]"  # without a character class, which would take long to compile
UNCERTAIN_STEM_LETTERS = 2  # letters at the end of a stem that may differ in its words

MARKDOWN_SIGNS = re.compile(r"[\[<&*_`~\\#>+-]")
MARKDOWN_BLOCK = re.compile(r"\n\s*(?:(?:[#>]+|[-+*])\s+|\[[^\]\n]+\]:\s.*)")
MARKDOWN_LINK = re.compile(
    r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])"  # an image is not shown
    r"|\[([^\[\]]*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])"
    r"|<(https?:[^\s>]*)>"
)
MARKDOWN_SIGN = re.compile(
    r"\*{1,3}|`{1,3}|~~|\\([!-/:-@\[-`{-~])|_{1,3}(?:(?!\w)|(?<![^\W_]_)(?<![^\W_]__)(?<![^\W_]___))"
)


def plain_text(markdown: str) -> str:
    """Return about what is to be read of Markdown: fast, for excerpts, where a stray sign does no harm."""
    if not MARKDOWN_SIGNS.search(markdown):
        return markdown
    text = MARKDOWN_BLOCK.sub("\n", f"\n{markdown}")[1:]
    return unescape(MARKDOWN_SIGN.sub(r"\1", MARKDOWN_LINK.sub(r"\1\2", text)))


class ExcerptPart(NamedTuple):
    """A piece of a text, and whether it was searched for."""

    text: str
    hit: bool = False


ExcerptParts = tuple[ExcerptPart, ...]


class Snippet(NamedTuple):
    """A case's title, and the part of its summary or narrative with the most search words."""

    title: ExcerptParts
    text: ExcerptParts


class WordHit(NamedTuple):
    """Words in a text at `[start:end]`: their stems in order, as written and in another spelling, and all forms."""

    start: int
    end: int
    stream: tuple[str, ...]
    respelt: tuple[str, ...]
    words: frozenset[str]


FoundStems = frozenset[tuple[str, ...]]


class Excerpt(NamedTuple):
    """A part of a text, and which of the search words are in it."""

    found: FoundStems
    parts: ExcerptParts


class Highlighter:
    """Marks the words of one search query in texts."""

    def __init__(self, search_query: SearchQuery) -> None:
        runs = [run for term in search_query.wanted for run in term]
        self.single = {run.words[0] for run in runs if len(run.words) == 1 and not run.open}
        self.open = tuple(run.words[-1] for run in runs if run.open)
        self.phrases = [run.words for run in runs if len(run.words) > 1 and not run.open]
        self.number = len(search_query.wanted)
        words = {word for run in runs for word in run.words}
        self.beginnings = tuple({word[: max(2, len(word) - UNCERTAIN_STEM_LETTERS)] for word in words})
        self.candidates = _words_beginning_with(frozenset(word[:2] for word in words))

    def marked(self, text: str) -> ExcerptParts:
        """Return the whole text in parts."""
        parts: list[ExcerptPart] = []
        end = 0
        for start, next_end in _joined_spans(self.hits(text)):
            parts += [ExcerptPart(text[end:start]), ExcerptPart(text[start:next_end], hit=True)]
            end = next_end
        return tuple(part for part in (*parts, ExcerptPart(text[end:])) if part.text)

    def excerpt(self, text: str) -> Excerpt:
        """Return the part of a text with the most search words, or its beginning if it has none."""
        hits = self.hits(text) if self.phrases else list(self._hits_until_enough(text))
        start = max(hits, key=lambda hit: (len(_found_within(hits, hit.start)), -hit.start)).start if hits else 0
        return Excerpt(_found_within(hits, start), self.marked(_cut_excerpt(text, start)))

    def found_stems(self, text: str) -> FoundStems:
        """Return which of the search words are in a text."""
        return frozenset(hit.stream for hit in self.hits(text))

    def hits(self, text: str) -> list[WordHit]:
        """Return the hits in a text, in order."""
        plain = outline(text)
        candidates = list(self._candidates(text, plain))
        phrases = {hit for words in self.phrases for hit in _adjacent_hits(candidates, words, plain)}
        return [hit for hit in candidates if hit in phrases or self._is_hit(hit)]

    def _hits_until_enough(self, text: str) -> Iterator[WordHit]:
        """Yield the hits of single words, until as many different ones as were searched for are close together."""
        near: list[WordHit] = []
        for hit in filter(self._is_hit, self._candidates(text, outline(text))):
            yield hit
            near = [*(other for other in near if hit.start - other.start < EXCERPT_LENGTH - LENGTH_BEFORE_HIT), hit]
            if len({other.stream for other in near}) >= self.number:
                return

    def _candidates(self, text: str, plain: str) -> Iterator[WordHit]:
        """Yield the words that begin like some search word; `plain` is the outline of `text`."""
        for match in self.candidates.finditer(plain):
            start, end = match.span()
            word = match[0]
            if word.replace(JOINER, "") in JOINED_PREFIXES and (following := NEXT_WORD_START.match(plain, end)):
                end = following.end()
            elif word.isascii() and word.isalnum() and not word.startswith(self.beginnings):
                continue  # a cheap check that saves stemming
            yield WordHit(start, end, *_searchable_forms(text[start:end]))

    def _is_hit(self, hit: WordHit) -> bool:
        return not self.single.isdisjoint(hit.words) or any(word.startswith(self.open) for word in hit.words)


def _joined_spans(hits: Sequence[WordHit]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each hit, or of several without anything between them."""
    start = end = 0
    for hit in hits:
        if hit.start > end and end:
            yield start, end
        start, end = (start, hit.end) if end and hit.start <= end else (hit.start, hit.end)
    if end:
        yield start, end


@lru_cache(1_000)
def _words_beginning_with(beginnings: frozenset[str]) -> re.Pattern[str]:
    """Return the pattern for words that begin with these one or two letters, or with a letter that is folded.

    It begins with a single character class, with which scanning is about five times as fast as with alternatives.
    """
    unspaced = {beginning[0] for beginning in beginnings if UNSPACED.match(beginning)}
    letters = [beginning for beginning in sorted(beginnings) if beginning[0] not in unspaced]
    signs = "".join(sorted(unspaced | {unicodedata.normalize("NFD", sign)[0] for sign in unspaced}))
    firsts = "".join(sorted({beginning[0] for beginning in letters}))
    alone = f"(?<=[{signs}]){SYLLABLE_REST}" if signs else "(?!)"
    thousands = [THOUSANDS] * any(beginning[0].isdigit() for beginning in letters)
    branches = [r"(?<![\x00-\x7f])", *thousands, *map(_branch, letters)]
    return re.compile(f"[{signs}{firsts}{FOLDED_LETTERS}](?:{alone}|{WORD_START}(?:{'|'.join(branches)}){WORD_REST})")


def _branch(letters: str) -> str:
    """Return the pattern for the beginning of a word, to be matched after its first letter."""
    first, second = letters[0], letters[1:]
    following = f"[-']?(?:{second}|{NON_ASCII_LETTER})" if second else ""
    before_space = r"|(?=[\W_])" if first in JOINED_PREFIXES else ""
    return f"(?<={first})(?:{following}{before_space})"


@lru_cache(20_000)
def _searchable_forms(written: str) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
    """Return the stems of a text in order, as written and in another spelling, and all forms by which it is found."""
    stream, aside, respelt = split_words(written)
    stemmed = tuple(stems(stream))
    words = {*stream, *aside, *respelt} - {GAP_MARK}
    return stemmed, tuple(stems(respelt)) or stemmed, frozenset((*words, *map(stem, words)))


def _adjacent_hits(candidates: Sequence[WordHit], words: tuple[str, ...], plain: str) -> Iterator[WordHit]:
    """Yield those of `candidates` in which `words` follow each other."""
    for tokens in (
        [(word, hit) for hit in candidates for word in hit.stream],
        [(word, hit) for hit in candidates for word in hit.respelt],
    ):
        for start in range(len(tokens) - len(words) + 1):
            if tokens[start][0] == words[0]:
                found, row = zip(*tokens[start : start + len(words)], strict=True)
                if found == words and not any(
                    WORD_CHARACTER.search(plain, one.end, next_.start) for one, next_ in pairwise(row)
                ):
                    yield from row


def _found_within(hits: Sequence[WordHit], start: int) -> FoundStems:
    """Return the distinct words in the excerpt whose first hit is at `start`."""
    return frozenset(hit.stream for hit in hits if start <= hit.start < start + EXCERPT_LENGTH - LENGTH_BEFORE_HIT)


def _cut_excerpt(text: str, start: int) -> str:
    """Return the excerpt of a text around `start`, cut between words if they are near, and never within a sign."""
    if len(text) <= EXCERPT_LENGTH:
        return " ".join(text.split())
    begin = 0 if start <= LENGTH_BEFORE_HIT else _first_cut(text, start - LENGTH_BEFORE_HIT)
    end = len(text) if len(text) <= begin + EXCERPT_LENGTH else _last_cut(text, begin + EXCERPT_LENGTH)
    return f"{'… ' * (begin > 0)}{' '.join(text[begin:end].split())}{' …' * (end < len(text))}"


SPACE = re.compile(r"\s")


def _first_cut(text: str, begin: int) -> int:
    space = SPACE.search(text, begin, begin + LONGEST_WORD)
    return space.end() if space else whole_from(text, begin)


def _last_cut(text: str, end: int) -> int:
    before = text[end - LONGEST_WORD : end + 1]
    cut = max(before.rfind(" "), before.rfind("\n"))
    return end - LONGEST_WORD + cut if cut >= 0 else whole_from(text, end)
