"""Slugs: the names of things in addresses, records and queries. Pure.

A slug is only an address. It is made here for cases, terms, sources, organisations and places alike, and says nothing
about whether two things are the same: see `cases.models.identity`.

- Its letters are lower-case ASCII; other scripts are transliterated: "Обнинск" becomes "obninsk".
- A long one ends with a whole word.
- One that is taken gets a number, from 2: "report-2".
- Kinds of nothing and names of pages are reserved: a thing called so could not be asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from anyascii import anyascii
from django.core.exceptions import ValidationError
from django.utils.text import slugify

KINDS_OF_NOTHING = frozenset({"none", "not-coded", "not-stated", "not-applicable", "explicit-no"})
"""Special values of query parameters, in every dimension."""

ROUTE_NAMES = frozenset({"batch", "export", "facets", "history", "import", "versions"})
"""Words that stand, or may come to stand, where addresses of pages and of the API have a slug."""

RESERVED_SLUGS = KINDS_OF_NOTHING | ROUTE_NAMES

SLUG_HINT = "Write lower-case letters, digits and hyphens, with a letter or digit first and last."


def make_slug(*words: object, fallback: str, most: int) -> str:
    """Make a slug of at most `most` letters of words; `fallback` if nothing in them can be written in ASCII.

    >>> make_slug("Müller & Söhne", 2014, fallback="source", most=40), make_slug("Обнинск", fallback="place", most=40)
    ('muller-sohne-2014', 'obninsk')
    >>> make_slug("Self-care and older people", fallback="source", most=18), make_slug("…", fallback="place", most=9)
    ('self-care-and', 'place')
    """
    slug = slugify(anyascii(" ".join(str(word) for word in words if word)))
    return _cut(slug, most) or fallback


def number_slug(slug: str, number: int, most: int) -> str:
    """The slug with a number, within `most` letters; 1 is the slug itself.

    >>> number_slug("older-people", 2, most=12)
    'older-2'
    """
    return slug if number < 2 else f"{_cut(slug, most - len(str(number)) - 1)}-{number}"


def free_slug(slug: str, most: int, is_taken: Callable[[str], bool]) -> str:
    """The slug, or the first number of it that is neither taken nor reserved."""
    number = 1
    while (found := number_slug(slug, number, most)) in RESERVED_SLUGS or is_taken(found):
        number += 1
    return found


def slug_mistake(slug: str) -> str:
    """What is wrong with a new slug, and what to do; empty if nothing is.

    >>> slug_mistake("Sharon") == slug_mistake("-") == SLUG_HINT, slug_mistake("sharon")
    (True, '')
    """
    if not slug or slug != slugify(slug):
        return SLUG_HINT
    if slug in KINDS_OF_NOTHING:
        return f"“{slug}” is a kind of nothing in every query; choose another."
    if slug in ROUTE_NAMES:
        return f"“{slug}” is the name of a page; choose another."
    return ""


def validate_new_slug(slug: str) -> None:
    """Raise ValidationError for a slug that no new thing may have."""
    if mistake := slug_mistake(slug):
        raise ValidationError(mistake, code="invalid")


def _cut(slug: str, most: int) -> str:
    """Cut at a word; within a word if that would lose more than half."""
    if len(slug) <= most:
        return slug
    cut = slug[: most + 1].rpartition("-")[0]
    return (cut if 2 * len(cut) >= most else slug[:most]).strip("-_")
