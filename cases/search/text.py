"""Words as the search compares them, in texts and in queries alike.

Case, width and diacritics are removed, and signs that look alike are one. A hyphen or an apostrophe separates words
(*peer-support* is *peer support*, *l'hôpital* is *l hopital*), but an English ending is joined to its word (*king's*),
and a prefix to what follows, with a hyphen, a space or nothing between them: *co-production*, *co production* and
*coproduction* are the same. Where writing has no spaces, each sign with its marks is a word.

What can be written in another way is also found in that: joined (*peersupport*, *lhopital*, 1000 for *1 000*), and with
its umlauts written out (*haeuser* for *Häuser*).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from snowballstemmer.english_stemmer import EnglishStemmer

JOINED_PREFIXES = frozenset(["anti", "co", "e", "inter", "multi", "non", "pre", "re", "self", "semi", "sub"])
JOINED_ENDINGS = frozenset(["d", "ll", "m", "re", "s", "t", "ve"])
"""What follows an apostrophe in English without being a word."""

LETTER_FOLDING = str.maketrans("øłđðħ\u0131\u06a9\u06cc\u0649", "öldđhi\u0643\u064a\u064a") | str.maketrans(
    {"þ": "th", "æ": "ae", "œ": "oe", "ð": "d"}
)
"""Letters that look like others but have no decomposition in Unicode."""

UMLAUTS = "äöüå"
UMLAUT_LETTERS = frozenset(UMLAUTS)
FOLDED_UMLAUTS = str.maketrans(UMLAUTS, "aoua")
WRITTEN_OUT_UMLAUTS = str.maketrans(dict(zip(UMLAUTS, ["ae", "oe", "ue", "aa"], strict=True)))
OTHER_DIAERESIS = re.compile("(?<![aou])\u0308|(?<!a)\u030a")

MINUS_SIGNS = "\u2043\u2212"  # besides the dashes of Unicode
APOSTROPHES = (
    "'`\u00b4\u00b7\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u0384\u055a\u05f3\u05f4\u07f4\u07f5\u1fbd"
    "\u1fbf\u1fef\u1ffd\u1ffe\u2018\u2019\u201a\u201b\u2027\u2032\u2035\u275b\u275c\ua78b\ua78c\uff07\uff40"
)
"""Apostrophes, and what is typed for them or stands as they do: accents, primes, half rings, a Catalan *l·l*."""

NEVER_SEEN = re.compile(
    "[\u034f\u0640\u07fa\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Fillers, variation selectors, and the signs that lengthen a word; besides the format characters of Unicode."""

VOICING_MARKS = "\u3099\u309a"  # of Japanese

SCRIPTS_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaadf"  # Thai, Lao, Burmese, Tai Viet
    "\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\ua9df"  # Khmer, Tai, Balinese, Javanese
    "\u3005-\u3007\u3041-\u30ff\u3105-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"  # kana, bopomofo, ideographs
    "\ua000-\ua4cf\uac00-\ud7af\U0001b000-\U0001b16f\U00020000-\U0003ffff"  # Yi, Hangul
)
"""For a character class. Hangul has spaces, but adds particles to its words."""


def _marks_in(ranges: str) -> str:
    """Return the marks in the ranges of a character class, except where there are thousands of ideographs."""
    ends = [(ord(first), ord(last)) for first, last in re.findall("(.)-(.)", ranges)]
    codes = (code for first, last in ends if last - first < 1_000 for code in range(first, last + 1))
    return "".join(chr(code) for code in codes if unicodedata.category(chr(code))[0] == "M")


MARKS = _marks_in(SCRIPTS_WITHOUT_SPACES) + VOICING_MARKS
"""Unlike accents, these make other letters, and are kept."""

KEPT_MARKS = frozenset(f"\u0308\u030a{MARKS}")
UNSPACED = re.compile(f"[{SCRIPTS_WITHOUT_SPACES}](?<![{MARKS}])[{MARKS}]*")
"""A word of a script without spaces."""

THOUSANDS_COMMA = re.compile(r"[,\u066c\uff0c](?<=\d.)(?=(?:\d\d[,\u066c\uff0c])*\d{3}(?!\d))")
THOUSANDS_GAP = re.compile(r"(\d)(?<!\d{4})[ .\u00a0\u2000-\u200a\u202f\u205f\u3000](?=\d{3}(?!\d))")
"""A space or a full stop after up to three digits and before three."""

GAP_MARK = "¦"
"""Separates words that do not follow each other, so that no phrase matches across."""

MAX_WORD_LENGTH = 40  # characters; a longer word is cut off
MAX_CACHED_SIGNS = 20_000
MAX_CACHED_STEMS = 100_000
NEIGHBOURS = 3  # words on each side of one in another spelling, for phrases with it


class Folding(dict[int, str]):
    """By code point: what a character becomes: plain letters, umlauts and digits, a hyphen, an apostrophe, a space."""

    def __missing__(self, code: int) -> str:
        plain = self._folded(chr(code))
        if len(self) < MAX_CACHED_SIGNS:  # so that a search for every character there is cannot fill the memory
            self[code] = plain
        return plain

    @staticmethod
    def _folded(sign: str) -> str:
        if sign in APOSTROPHES:
            return "'"
        lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold()).translate(LETTER_FOLDING)
        plain = "".join(map(_plain, OTHER_DIAERESIS.sub("", lower)))
        raised = sign.isdigit() and unicodedata.decomposition(sign).startswith("<super>")
        return unicodedata.normalize("NFC", f"'{plain}" if raised else plain)


def _plain(sign: str) -> str:
    """Return a decomposed lower-case character, or what it is like."""
    category = unicodedata.category(sign)
    if sign in APOSTROPHES:
        return "'"
    if category == "Pd" or sign in MINUS_SIGNS:
        return "-"
    if category == "Cf" or NEVER_SEEN.match(sign):  # soft hyphens, joiners
        return ""
    if unicodedata.combining(sign) and sign not in KEPT_MARKS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    return sign if sign.isalnum() or category in ("Mc", "Mn") else " "  # the vowels of Indian scripts


FOLDING = Folding()


def join_thousands(text: str) -> str:
    """Replace the spaces and full stops in large numbers.

    >>> join_thousands("1 000.000 people in 2010 100 times")
    "1'000'000 people in 2010 100 times"
    """
    return THOUSANDS_GAP.sub(r"\1'", text)


def _fold(text: str) -> str:
    """Return `text` as plain words with hyphens, apostrophes and umlauts in them."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    plain = THOUSANDS_COMMA.sub("", composed).translate(FOLDING)
    return plain if plain.isascii() else UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFC", plain))


def fold(text: str) -> str:
    """Return `text` as plain lower-case letters and digits, with spaces or hyphens between words.

    >>> fold("King’s Fund: CO-production in 1,000 Mehrgenerationenhäuser")
    'kings fund co-production in 1000 mehrgenerationenhauser'
    """
    words = _fold(text).replace("'", "").translate(FOLDED_UMLAUTS).split()
    return " ".join(word for each in words if (word := each.strip("-")))


class TextWords(NamedTuple):
    """The words of a text in order, and two kinds of other forms.

    `aside` has no order: joined words in parts, hyphenated ones joined, umlauts written out. `respelt` has the words
    that can be written in another way, so written, with their neighbours, and a `GAP_MARK` where some are left out.
    """

    stream: list[str]
    aside: list[str]
    respelt: list[str]


def split_words(text: str) -> TextWords:
    """Split a text into unstemmed words.

    >>> split_words("Peer-support is co-produced")
    TextWords(stream=['peer', 'support', 'is', 'coproduced'], aside=['peersupport', 'co', 'produced', 'coproduced'], \
respelt=['peersupport', 'is', 'coproduced'])
    """
    splitter = _split(_fold(join_thousands(text)))
    return TextWords(splitter.stream, splitter.aside, splitter.respelt_with_neighbours())


def spellings(text: str) -> list[tuple[str, ...]]:
    """Return the words of a short text in every way in which a text may spell them.

    >>> spellings("Müller's Peer-Gruppe")
    [('mullers', 'peer', 'gruppe'), ('muellers', 'peergruppe'), ('muellers', 'peer', 'gruppe')]
    """
    plain = _fold(join_thousands(text))
    splitter = _split(plain)
    written_out = _split(plain.translate(WRITTEN_OUT_UMLAUTS)).stream
    return [words for words in dict.fromkeys(map(tuple, (splitter.stream, splitter.respelt(), written_out))) if words]


def _split(plain: str) -> Splitter:
    splitter = Splitter()
    splitter.read(plain.split())
    return splitter


def _is_special(token: str) -> bool:
    """Whether a token needs more than being a word."""
    plain = token.isalnum() and (token.isascii() or UMLAUT_LETTERS.isdisjoint(token))
    return not plain or token in JOINED_PREFIXES or len(token) > MAX_WORD_LENGTH


class Splitter:
    """Reads folded tokens into words."""

    def __init__(self) -> None:
        self.stream: list[str] = []
        self.aside: list[str] = []
        self.changes: list[tuple[int, int, str]] = []
        """Where in the stream one word in another spelling stands for the words there: start, end, and that word."""
        self.head = ""
        """A prefix to be joined to what follows."""

    def read(self, tokens: list[str]) -> None:
        special = set(filter(_is_special, set(tokens)))  # once for each, since most tokens recur
        end = 0
        for start in [number for number, token in enumerate(tokens) if token in special]:
            self._add_plain(tokens[end:start])
            self._add(tokens[start])
            end = start + 1
        self._add_plain(tokens[end:])
        self._end_head()

    def _add_plain(self, tokens: list[str]) -> None:
        if self.head and tokens:
            self._add(tokens[0])
            tokens = tokens[1:]
        self.stream += tokens

    def _end_head(self) -> None:
        if self.head:
            self.stream.append(self.head)
            self.head = ""

    def _add(self, token: str) -> None:
        if self.head and UNSPACED.match(token):
            self._end_head()
        head, start = self.head, len(self.stream)
        parts = self._parts(token if token.isascii() else token.translate(FOLDED_UMLAUTS))
        for part in parts:
            self._add_part(part[:MAX_WORD_LENGTH])
        joined = (head + self._joined(token, parts))[:MAX_WORD_LENGTH]
        if parts and not self.head and self.stream[start:] != [joined]:
            self.changes.append((start, len(self.stream), joined))

    def _parts(self, token: str) -> list[str]:
        """Return the words in a token, and put those aside that are parts of them or parted here."""
        if "'" not in token:
            return [part for part in token.split("-") if part]
        parts: list[str] = []
        for written in token.split("-"):
            words = [word for word in written.split("'") if word]
            whole = "".join(words)
            ending = len(words) == 2 and words[1] in JOINED_ENDINGS
            if len(words) > 1:
                self.aside.append((words[0] if ending else whole)[:MAX_WORD_LENGTH])
            parts += [whole] if ending else words
        return parts

    def _joined(self, token: str, parts: list[str]) -> str:
        """Return all of a token as one word, with umlauts written out, and put it aside where it has several parts."""
        joined = "".join(parts)
        if len(parts) > 1:
            self.aside.append(joined[:MAX_WORD_LENGTH])
        if UMLAUT_LETTERS.isdisjoint(token):
            return joined
        written_out = self._parts(token.translate(WRITTEN_OUT_UMLAUTS))
        self.aside += [part[:MAX_WORD_LENGTH] for part in written_out]
        return "".join(written_out)

    def _add_part(self, part: str) -> None:
        """Add a part, joined to the head if there is one, or make it the head."""
        if self.head:
            self.aside += (self.head, part)
        whole = (self.head + part)[:MAX_WORD_LENGTH]
        self.head = whole if part in JOINED_PREFIXES and len(whole) < MAX_WORD_LENGTH else ""
        if not self.head:
            self.stream.append(whole)

    def respelt(self) -> list[str]:
        """Return all words, in the other spelling where there is one."""
        words: list[str] = []
        end = 0
        for start, next_end, word in self.changes:
            words += [*self.stream[end:start], word]
            end = next_end
        return words + self.stream[end:]

    def respelt_with_neighbours(self) -> list[str]:
        """Return the words in the other spelling with those near them."""
        words: list[str] = []
        end = None
        for start, next_end, word in self.changes:
            if end is not None and start - end <= 2 * NEIGHBOURS:
                words += self.stream[end:start]
            elif end is not None:
                words += [*self.stream[end : end + NEIGHBOURS], GAP_MARK]
            if end is None or words[-1] == GAP_MARK:
                words += self.stream[max(0, start - NEIGHBOURS) : start]
            words.append(word)
            end = next_end
        return words if end is None else words + self.stream[end : end + NEIGHBOURS]


@lru_cache(MAX_CACHED_STEMS)
def stem(word: str) -> str:
    """Return the stem of an English word: "librari" for "library" and "libraries"; any other word is its own."""
    # a new stemmer each time, since it is not thread-safe
    return str(EnglishStemmer().stemWord(word)) if word.isascii() else word


def stems(words: Iterable[str]) -> Iterator[str]:
    return map(stem, words)
