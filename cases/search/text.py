"""Words as the search compares them, in texts and in queries alike.

Case, diacritics and apostrophes are removed. A hyphen separates words (*peer-support* is *peer support*), but a prefix
is joined to what follows, with a hyphen, a space or nothing between them: *co-production*, *co production* and
*coproduction* are the same. Each ideograph is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from snowballstemmer.english_stemmer import EnglishStemmer

JOINED_PREFIXES = frozenset(["anti", "co", "e", "inter", "multi", "non", "pre", "re", "self", "semi", "sub"])

LETTER_FOLDING = str.maketrans(
    dict(zip("øłđðþæœħ\u0131", ["o", "l", "d", "d", "th", "ae", "oe", "h", "i"], strict=True))
)
"""Letters that look like others but have no decomposition in Unicode."""

HYPHENS = "-\u2010\u2011\u2212"
APOSTROPHES = "'’\u02bc\u00b4`"
IDEOGRAPHS = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
THOUSANDS_COMMA = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")

MAX_WORD_LENGTH = 40  # characters; a longer word is cut off
MAX_CACHED_SIGNS = 20_000
MAX_CACHED_STEMS = 100_000


class Folding(dict[int, str]):
    """By code point: what a character becomes, which is plain letters and digits, a hyphen, a space, or nothing."""

    def __missing__(self, code: int) -> str:
        plain = self._folded(chr(code))
        if len(self) < MAX_CACHED_SIGNS:  # so that a search for every character there is cannot fill the memory
            self[code] = plain
        return plain

    @staticmethod
    def _folded(sign: str) -> str:
        if sign in HYPHENS:
            return "-"
        if sign in APOSTROPHES or unicodedata.category(sign) == "Cf":  # soft hyphens, joiners
            return ""
        lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold()).translate(LETTER_FOLDING)
        plain = "".join(c if _is_word_character(c) else " " for c in lower if not unicodedata.combining(c))
        return f" {plain} " if IDEOGRAPHS.match(plain) else plain


def _is_word_character(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign) in ("Mc", "Mn")  # the vowels of Indian scripts


FOLDING = Folding()


def fold(text: str) -> str:
    """Return `text` as plain lower-case letters and digits, with spaces or hyphens between words.

    >>> fold("King’s Fund: CO-production in 1,000 Mehrgenerationenhäuser")
    'kings fund co-production in 1000 mehrgenerationenhauser'
    """
    return " ".join(THOUSANDS_COMMA.sub("", text).translate(FOLDING).split())


class TextWords(NamedTuple):
    """The words of a text in order, and `aside` their other forms: joined words in parts, hyphenated ones joined."""

    stream: list[str]
    aside: list[str]


def split_words(text: str) -> TextWords:
    """Split a text into unstemmed words.

    >>> split_words("Peer-support is co-produced")
    TextWords(stream=['peer', 'support', 'is', 'coproduced'], aside=['peersupport', 'coproduced', 'co', 'produced'])
    """
    plain = fold(text)
    tokens = plain.split()
    if "-" not in plain and JOINED_PREFIXES.isdisjoint(tokens):
        return TextWords([token[:MAX_WORD_LENGTH] for token in tokens], [])
    return _with_prefixes_joined(tokens)


def _with_prefixes_joined(tokens: Iterable[str]) -> TextWords:
    words = TextWords([], [])
    head = ""
    for token in tokens:
        if not head and "-" not in token and token not in JOINED_PREFIXES:
            words.stream.append(token[:MAX_WORD_LENGTH])
        else:
            head = _add_parts(words, head, token)
    if head:
        words.stream.append(head)
    return words


def _add_parts(words: TextWords, head: str, token: str) -> str:
    """Add the parts of a token, the first joined to `head`; return a prefix to be joined to the next token, if any."""
    parts = [part[:MAX_WORD_LENGTH] for part in token.split("-") if part]
    if len(parts) > 1:
        words.aside.append("".join(parts)[:MAX_WORD_LENGTH])
    for part in parts:
        if head:
            words.aside.extend((head, part))
        whole = (head + part)[:MAX_WORD_LENGTH]
        head = whole if part in JOINED_PREFIXES and len(whole) < MAX_WORD_LENGTH else ""
        if not head:
            words.stream.append(whole)
    return head


@lru_cache(MAX_CACHED_STEMS)
def stem(word: str) -> str:
    """Return the stem of an English word: "librari" for "library" and "libraries"."""
    return str(EnglishStemmer().stemWord(word))  # a new stemmer each time, since it is not thread-safe


def stems(words: Iterable[str]) -> Iterator[str]:
    return map(stem, words)
