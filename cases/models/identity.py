"""When two things of a register are the same, when they are only alike, and why. Pure.

A thing is known by its words, whole, and not by its slug, which is only an address:

- a source by authors, year and title, by its DOI, and by its address (URL);
- an organisation by name and country;
- a place by name, country and administrative area.

Words are folded only for case, width and Unicode form (NFKC; signs that cannot be seen do not count, and any blanks
are one). Accents, punctuation, "C++" and "C", "Über" and "Uber" stay apart. A DOI is folded however it is written:
"https://doi.org/10.1000/X", "doi:10.1000/x". The scheme and host of an address have no case; the rest is as given.

Two things are the **same** if everything agrees that both state, and they share a DOI, an address, or all of their
words. A word that neither states is shared.

They are **alike** if they are not the same, but a person might mean one by the other: one states something on which the
other is silent, they share a DOI or an address under different words, or their words differ only in accents,
punctuation, script, "the", or a few letters, but not in their numbers. Somebody is to be asked about those.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from anyascii import anyascii
from rapidfuzz import fuzz

WORD_FIELDS = {
    "sources": ("authors", "year", "title"),
    "organisations": ("name", "country"),
    "places": ("name", "country", "admin_area"),
}
"""The words that things of each register are known by."""

NAME_FIELDS = {"sources": "title", "organisations": "name", "places": "name"}
EXACT_FIELDS = {"year", "country", "admin_area"}
"""Words that alike things state equally, or only one of them states."""
LIKENESS_LENGTH = 120
"""Letters of a name that are compared to find what is alike."""
VERY_SIMILAR = 90
"""Of 100: the least similarity of names that are alike."""
DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.|www\.)?doi\.org/|(?:dx\.)?doi\.org/|doi\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class Identity:
    """What a thing of a register is known by, folded; empty where nothing is stated."""

    register: str
    words: tuple[str, ...]
    doi: str = ""
    url: str = ""
    likeness: str = ""
    """Its name, of a source the title and then the authors, in only letters and digits: alike things sort together."""

    @property
    def key(self) -> str:
        """Hash of all its words."""
        return _hash(*self.words)

    @property
    def doi_key(self) -> str | None:
        return _hash(self.doi) if self.doi else None

    @property
    def url_key(self) -> str | None:
        return _hash(self.url) if self.url else None

    @property
    def by_field(self) -> dict[str, str]:
        return dict(zip(WORD_FIELDS[self.register], self.words, strict=True))

    @property
    def stated(self) -> tuple[str, ...]:
        return (*self.words, self.doi, self.url)


def identity_of(register: str, given: Mapping[str, Any]) -> Identity:
    """The identity of an entry of a register, by column; columns that it lacks are not stated."""
    words = tuple(fold_words(given.get(name)) for name in WORD_FIELDS[register])
    doi = fold_doi(given.get("doi")) or _doi_in(given.get("url"))
    url = "" if _doi_in(given.get("url")) else fold_url(given.get("url"))
    return Identity(register, words, doi, url, _likeness(register, given))


def _likeness(register: str, given: Mapping[str, Any]) -> str:
    names = [loose(given.get(NAME_FIELDS[register])), loose(given.get("authors"))]
    return " ".join(filter(None, names))[:LIKENESS_LENGTH]


def is_same(one: Identity, other: Identity) -> bool:
    return not _contradict(one.stated, other.stated) and (
        bool(one.doi and one.doi == other.doi)
        or bool(one.url and one.url == other.url)
        or (any(one.words) and one.words == other.words)
    )


def why_alike(one: Identity, other: Identity) -> str:
    """Why somebody might mean one by the other; empty if they are the same, or not alike."""
    if is_same(one, other):
        return ""
    if one.doi and one.doi == other.doi:
        return "the same DOI, but not the same words"
    if one.url and one.url == other.url:
        return "the same address, but not the same words"
    if one.words == other.words:
        return "the same words, but another DOI or address"
    return _why_names_alike(one, other) if _rest_agrees(one, other) else ""


def _rest_agrees(one: Identity, other: Identity) -> bool:
    """Whether year, country and area agree where both state them, and the authors begin alike."""
    mine, theirs = one.by_field, other.by_field
    exact = [name for name in mine if name in EXACT_FIELDS]
    return not _contradict([mine[name] for name in exact], [theirs[name] for name in exact]) and (
        "authors" not in mine or _authors_alike(mine["authors"], theirs["authors"])
    )


def _authors_alike(one: str, other: str) -> bool:
    """Whether the first words of authors agree, as of "Wake et al." and "Wake, J."; or nearly all of them."""
    mine, theirs = loose(one), loose(other)
    return mine.split(" ")[0] == theirs.split(" ")[0] or fuzz.ratio(mine, theirs) >= VERY_SIMILAR


def _why_names_alike(one: Identity, other: Identity) -> str:
    name = NAME_FIELDS[one.register]
    mine, theirs = one.by_field[name], other.by_field[name]
    if mine == theirs:
        return f"the same {name}, but the rest is not stated, or written otherwise"
    if loose(mine) == loose(theirs):
        return f"the same {name} but for accents, punctuation or script"
    numbers = re.findall(r"\d+", mine) == re.findall(r"\d+", theirs)
    similar = numbers and fuzz.ratio(loose(mine), loose(theirs)) >= VERY_SIMILAR
    return f"a very similar {name}" if similar else ""


def _contradict(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether both state something in one place, and differ."""
    return any(mine and theirs and mine != theirs for mine, theirs in zip(one, other, strict=True))


# Folding -------------------------------------------------------------------------------------------------------------


def fold_words(words: object) -> str:
    """Fold for case, width, Unicode form and blanks only.

    >>> fold_words(" ÜBER  die ﬁne C++ Pflege"), fold_words("Über") == fold_words("Uber"), fold_words(None)
    ('über die fine c++ pflege', False, '')
    """
    text = "" if words is None else str(words)
    if text.isascii():  # as most are; nothing in them has another form
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(sign for sign in folded if unicodedata.category(sign) != "Cf").split())


def fold_doi(doi: object) -> str:
    """A DOI without what it may be written with.

    >>> fold_doi("https://doi.org/10.1000/ABC%2F1"), fold_doi("doi: 10.1000/abc/1")
    ('10.1000/abc/1', '10.1000/abc/1')
    """
    return fold_words(unquote(DOI_PREFIX.sub("", fold_words(doi))))


def _doi_in(url: object) -> str:
    """The DOI that an address consists of."""
    found = fold_doi(url) if DOI_PREFIX.match(fold_words(url)) else ""
    return found if found.startswith("10.") else ""


def fold_url(url: object) -> str:
    """An address whose scheme and host are in lower case.

    >>> fold_url("HTTPS://Example.ORG/Path?Q=1"), fold_url("example.org")
    ('https://example.org/Path?Q=1', 'example.org')
    """
    text = "" if url is None else str(url).strip()
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that is no IPv6 address
        return text
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


@lru_cache(maxsize=10_000)
def loose(words: object) -> str:
    """Only letters and digits, in ASCII, without "the" first or last: what is left of words that are alike.

    >>> loose("The Côte-d’Ivoire (Centre)"), loose("Москва"), loose("C++")
    ('cote divoire centre', 'moskva', 'c')
    """
    folded = fold_words(words)
    plain = re.sub(r"['`]", "", anyascii(folded).lower())
    joined = " ".join(re.findall(r"[a-z0-9]+", plain)) or folded
    return re.sub(r"^the | the$", "", joined)[:LIKENESS_LENGTH]


def _hash(*words: str) -> str:
    return hashlib.sha256("\x1f".join(words).encode(errors="replace")).hexdigest()
