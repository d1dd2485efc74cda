"""Words as the search compares them, the same for what is written and for what is asked.

Case, diacritics and apostrophes are folded away. A hyphen parts two words (*peer-support* is *peer support*), but a
prefix that is no word of its own is one word with what follows, whether a hyphen, a space or nothing stands between:
*co-production*, *co production* and *coproduction* are the same. Ideographs are words each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from snowballstemmer.english_stemmer import EnglishStemmer

JOINED_PREFIXES = frozenset(["anti", "co", "e", "inter", "multi", "non", "pre", "re", "self", "semi", "sub"])
"""Prefixes that are one word with what follows."""

LETTER_FOLDING = str.maketrans(
    dict(zip("øłđðþæœħ\u0131", ["o", "l", "d", "d", "th", "ae", "oe", "h", "i"], strict=True))
)
"""Letters that look like others but have no decomposition in Unicode."""

HYPHENS = "-\u2010\u2011\u2212"
APOSTROPHES = "'’\u02bc\u00b4`"
IDEOGRAPHS = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
THOUSANDS_COMMA = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")

MAX_WORD_LENGTH = 40  # characters; a longer one is compared by its beginning
MAX_CACHED_SIGNS = 20_000
MAX_CACHED_STEMS = 100_000


class Folding(dict[int, str]):
    """What each character becomes, by its code point: plain letters and digits, a hyphen, a space, or nothing."""

    def __missing__(self, code: int) -> str:
        plain = self._plain(chr(code))
        if len(self) < MAX_CACHED_SIGNS:  # else whoever asks for every sign there is would fill the memory
            self[code] = plain
        return plain

    @staticmethod
    def _plain(sign: str) -> str:
        if sign in HYPHENS:
            return "-"
        if sign in APOSTROPHES or unicodedata.category(sign) == "Cf":  # soft hyphens, joiners
            return ""
        lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold()).translate(LETTER_FOLDING)
        plain = "".join(c if _of_a_word(c) else " " for c in lower if not unicodedata.combining(c))
        return f" {plain} " if IDEOGRAPHS.match(plain) else plain


def _of_a_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign) in ("Mc", "Mn")  # the vowels of Indian scripts


FOLDING = Folding()


def fold(text: str) -> str:
    """Return `text` as plain lower-case letters and digits, with a space or a hyphen between the words.

    >>> fold("King’s Fund: CO-production in 1,000 Mehrgenerationenhäuser")
    'kings fund co-production in 1000 mehrgenerationenhauser'
    """
    return " ".join(THOUSANDS_COMMA.sub("", text).translate(FOLDING).split())


class TextWords(NamedTuple):
    """The words of a text in their order; and aside, what else finds it: joined words in parts, parted ones joined."""

    stream: list[str]
    aside: list[str]


def split_words(text: str) -> TextWords:
    """Return the words of `text`, unstemmed.

    >>> split_words("Peer-support is co-produced")
    TextWords(stream=['peer', 'support', 'is', 'coproduced'], aside=['peersupport', 'coproduced', 'co', 'produced'])
    """
    plain = fold(text)
    tokens = plain.split()
    if "-" not in plain and JOINED_PREFIXES.isdisjoint(tokens):
        return TextWords([token[:MAX_WORD_LENGTH] for token in tokens], [])
    return _joined(tokens)


def _joined(tokens: Iterable[str]) -> TextWords:
    words = TextWords([], [])
    head = ""
    for token in tokens:
        if not head and "-" not in token and token not in JOINED_PREFIXES:
            words.stream.append(token[:MAX_WORD_LENGTH])
        else:
            head = _parts(words, head, token)
    if head:
        words.stream.append(head)
    return words


def _parts(words: TextWords, head: str, token: str) -> str:
    """Add the parts of a token, the first behind `head`; return a prefix that awaits what follows."""
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
    """Return what the forms of an English word have in common: "librari" of "library" and "libraries"."""
    return str(EnglishStemmer().stemWord(word))  # a new one, because it keeps its place: no two threads may share it


def stems(words: Iterable[str]) -> Iterator[str]:
    return map(stem, words)
