"""The cases that the manual names as examples of terms."""

from __future__ import annotations

from collections.abc import Iterable

from taxonomy.models import Term

from ..models import Case
from ..models.case import Reader


def example_cases(terms: Iterable[Term], reader: Reader) -> dict[str, Case]:
    """The cases of the examples of some terms, by the slug that is given there; only those that `reader` may read.

    Prefetch the examples of the terms.
    """
    addresses = {example.case for term in terms for example in term.examples.all()}
    return Case.objects.readable_by(reader).by_address(addresses) if addresses else {}
