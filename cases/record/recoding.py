"""What a case is coded with, and what it would say with other terms: the codebook changes, and cases follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from taxonomy.actions import EffectLine
from taxonomy.models import Term

from .. import schema
from ..models import Case, CaseQuerySet, CurrentVersion, Recoding
from ..schema import UNIQUE_KEYS, UNORDERED_KEYS
from ..schema.nodes import Kind
from . import convert
from .convert import ValidatedRecord

TERM_LOOKUPS: Mapping[str, Sequence[str]] = {
    name: schema.lookups(Kind.TERM, Kind.TERMS, vocabulary=name) for name in schema.VOCABULARIES
}
"""By vocabulary, the ways from a case to the terms that it is coded with. The terms of the others are columns."""


def cases_coded_with(term: Term) -> CaseQuerySet:
    """Return the cases that are coded with a term itself, whatever their state."""
    ways = TERM_LOOKUPS.get(term.vocabulary.slug, ())
    reached = (Q(pk__in=Case.objects.filter(**{way: term}).values("pk")) for way in ways)
    return Case.objects.filter(reduce(or_, reached, Q(pk__in=[])))


def terms_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each term of a matter, or each word of a plain record, with its path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from terms_in(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from terms_in(inner, f"{path}[{number}]")
    elif isinstance(value, Term | str):
        yield path, value


def replace_term(record: ValidatedRecord, term: Term, into: Term) -> dict[str, Any]:
    """Return what a case says with one term in the place of another; where it has both, it says it once.

    What stood there already with the other term is kept, with its passage.
    """
    return {name: _once(name, record[name], _with(record[name], term, into)) for name in record}


def _with(value: Any, term: Term, into: Term) -> Any:
    if isinstance(value, Mapping):
        return {name: _with(inner, term, into) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with(inner, term, into) for inner in value]
    return into if value == term else value


def _once(name: str, before: Any, after: Any) -> Any:
    """Leave out of a list what it says twice since a term was replaced."""
    if before == after:
        return after
    if isinstance(after, Mapping):
        return {key: _once(key, before[key], after[key]) for key in after}
    if name not in UNORDERED_KEYS and name not in UNIQUE_KEYS:
        return after
    kept: dict[Any, Any] = {}
    for old, new in zip(before, after, strict=True):
        key = _known_by(name, new)
        if key not in kept or _known_by(name, old) == key:
            kept[key] = new
    return list(kept.values())


def _known_by(name: str, entry: Any) -> Any:
    """Return what no two entries of a list agree in."""
    return tuple(entry[key] for key in UNIQUE_KEYS[name]) if name in UNIQUE_KEYS else entry


def recoding_lines(
    before: ValidatedRecord, after: ValidatedRecord, term: Term, name: Callable[[Term], str] = str
) -> Sequence[EffectLine]:
    """Say where a case is coded with a term, and all that it has there, before and after, when `name` names it."""
    return [
        EffectLine(key.replace("_", " "), _names(before[key], term, str), _names(after[key], term, name))
        for key in before
        if any(each == term for _, each in terms_in(before[key]))
    ]


def _names(value: Any, term: Term, name: Callable[[Term], str]) -> str:
    """Name the terms that stand in one place, of the vocabulary of `term`."""
    terms = [each for _, each in terms_in(value) if isinstance(each, Term)]
    return ", ".join(name(each) for each in terms if each.vocabulary_id == term.vocabulary_id)


# What a save must heed -----------------------------------------------------------------------------------------------


def newly_coded_retired_terms(case: Case, record: ValidatedRecord) -> dict[str, str]:
    """Return what a case that was just written codes newly with a term that is retired: the path, and what to do."""
    retired = [(path, term) for path, term in terms_in(record) if isinstance(term, Term) and term.retired_at]
    if not retired:
        return {}
    current = CurrentVersion.objects.filter(case=case).first()
    had = {(_unnumbered(path), word) for path, word in terms_in(current.record if current else {})}
    return {path: _instead(term) for path, term in retired if (_unnumbered(path), term.slug) not in had}


def _unnumbered(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _instead(term: Term) -> str:
    if term.replaced_by:
        return f"“{term}” was merged into “{term.replaced_by}”: code with that."
    return f"“{term}” is retired: nothing is newly coded with it. Choose a term in use."


def settle_finished_recodings(cases: Sequence[Case], by: User | None) -> None:
    """Settle what waits in the queue for cases, fetched whole, that are no longer coded with the term."""
    keys = [case.pk for case in cases]
    waiting = list(Recoding.objects.waiting().filter(case__in=keys).select_related("term"))
    if not waiting:
        return
    coded = {case.pk: {term for _, term in terms_in(convert.record_from_case(case))} for case in cases}
    done = [each.pk for each in waiting if each.term not in coded[each.case_id]]
    Recoding.objects.filter(pk__in=done).update(
        outcome=Recoding.Outcome.RECODED, settled_at=timezone.now(), settled_by=by
    )
