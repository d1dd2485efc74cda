"""Folding names, and the names in the translations that packages come with."""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

MAX_CACHED_NAMES = 65_536


@lru_cache(maxsize=MAX_CACHED_NAMES)
def fold_name(name: str) -> str:
    """A name without what people write differently: case, accents, points, quotation marks, hyphens.

    >>> fold_name("Côte d’Ivoire"), fold_name("U.S.A."), fold_name("The  Netherlands")
    ('cote d ivoire', 'usa', 'netherlands')
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"(?<=\b\w)\.(?=\s*\w?\b)", "", plain.replace("\u0131", "i").replace("&", " and "))
    return re.sub(r"^the | the$", "", " ".join(re.findall(r"[^\W_]+", plain)))


def translations(package: str) -> Iterator[gettext.GNUTranslations]:
    """The translations of a package, one language after the other; each is large."""
    for path in _files(package):
        with path.open("rb") as file:
            yield gettext.GNUTranslations(file)


def _files(package: str) -> Iterator[Path]:
    found = find_spec(package)
    for folder in found.submodule_search_locations or () if found else ():
        yield from sorted(Path(folder).glob("locale/*/LC_MESSAGES/django.mo"))
