"""The terms that cases are coded with, and how cases are recoded when the codebook changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from accounts.models import User
from taxonomy.actions import EffectLine
from taxonomy.models import Term

from .. import schema
from ..models import Arrangement, Case, CaseQuerySet, CurrentVersion, Doubt, Passage, Recoding
from ..schema import FORMER_KINDS, UNIQUE_KEYS, UNORDERED_KEYS
from ..schema.nodes import Kind
from . import convert
from .codings import codings_in
from .convert import ValidatedRecord
from .stamps import marks_of

TERM_LOOKUPS: Mapping[str, Sequence[str]] = {
    name: schema.lookups(Kind.TERM, Kind.TERMS, vocabulary=name) for name in schema.VOCABULARIES
}
"""By vocabulary: the lookups from a case to its terms. Terms of other vocabularies are columns, and have no lookup."""


FLAG_COLUMNS = {"actor": ("user", "community"), "mode": ("offline", "digital")}
"""The vocabularies whose terms are columns of an arrangement."""


def cases_coded_with(term: Term) -> CaseQuerySet:
    """Return the cases in any state that are coded with a term itself, not with a narrower one."""
    lookups = TERM_LOOKUPS.get(term.vocabulary.slug, ())
    coded = (Q(pk__in=Case.objects.filter(**{lookup: term}).values("pk")) for lookup in lookups)
    return Case.objects.filter(reduce(or_, coded, Q(pk__in=[])))


def cases_meaning(term: Term) -> CaseQuerySet:
    """Return the cases with a term, also where it is a column of an arrangement: co-producers and modes."""
    if term.slug in FLAG_COLUMNS.get(term.vocabulary.slug, ()):
        rows = Arrangement.objects.filter(**{term.slug: True})
        return Case.objects.filter(pk__in=rows.order_by().values("case"))
    return cases_coded_with(term)


def terms_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each term of a validated record, or each string of a primitive one, with its path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from terms_in(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from terms_in(inner, f"{path}[{number}]")
    elif isinstance(value, Term | str):
        yield path, value


def replace_thing(record: ValidatedRecord, thing: Model, into: Model) -> dict[str, Any]:
    """Return a record with a term, or a thing of a register, replaced by `into`, also under its passages.

    Where it has both, the entry that named `into` remains.
    """
    return {name: _without_duplicates(name, record[name], _with_replaced(record[name], thing, into)) for name in record}


def _with_replaced(value: Any, thing: Model, into: Model) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_replaced(inner, thing, into) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_replaced(inner, thing, into) for inner in value]
    if isinstance(value, Passage):
        return _quoted_from(value, into) if value.source == thing else value
    return into if value == thing else value


def _quoted_from(passage: Passage, source: Any) -> Passage:
    """The same words as a passage of another source, without a row yet."""
    copied = {name: getattr(passage, name) for name in ("exact", "start", "end", "locator")}
    return Passage(source=source, **copied)


def _without_duplicates(name: str, before: Any, after: Any) -> Any:
    """Remove the entries of a list that became duplicates when a term was replaced."""
    if before == after:
        return after
    if isinstance(after, Mapping):
        return {key: _without_duplicates(key, before[key], after[key]) for key in after}
    if name not in UNORDERED_KEYS and name not in UNIQUE_KEYS:
        return after
    entries_by_key: dict[Any, Any] = {}
    for old, new in zip(before, after, strict=True):
        key = _entry_key(name, new)
        if key not in entries_by_key or _entry_key(name, old) == key:
            entries_by_key[key] = new
    return list(entries_by_key.values())


def _entry_key(name: str, entry: Any) -> Any:
    """The key of an entry, which is unique in its list."""
    return tuple(entry[key] for key in UNIQUE_KEYS[name]) if name in UNIQUE_KEYS else entry


def recoding_lines(
    before: ValidatedRecord, after: ValidatedRecord, term: Term, name: Callable[[Term], str] = str
) -> Sequence[EffectLine]:
    """Describe each field coded with a term by its terms before and after; `name` gives the labels of the latter."""
    return [
        EffectLine(key.replace("_", " "), _names(before[key], term, str), _names(after[key], term, name))
        for key in before
        if any(each == term for _, each in terms_in(before[key]))
    ]


def _names(value: Any, term: Term, name: Callable[[Term], str]) -> str:
    """The names of the terms in a value that are of the same vocabulary as `term`."""
    terms = [each for _, each in terms_in(value) if isinstance(each, Term)]
    return ", ".join(name(each) for each in terms if each.vocabulary_id == term.vocabulary_id)


# Retired terms, and the recoding queue -------------------------------------------------------------------------------


def newly_coded_retired_terms(case: Case, record: ValidatedRecord) -> dict[str, str]:
    """Return the paths at which a case that was just written newly uses a retired term, each with an error message.

    Kinds of former files are admitted; a check asks for one of today.
    """
    retired = [
        (path, term)
        for path, term in terms_in(record)
        if isinstance(term, Term) and term.retired_at and not (path == "kind" and term.slug in FORMER_KINDS)
    ]
    if not retired:
        return {}
    current = CurrentVersion.objects.filter(case=case).first()
    had = {(_without_numbers(path), word) for path, word in terms_in(current.record if current else {})}
    return {path: _retired_message(term) for path, term in retired if (_without_numbers(path), term.slug) not in had}


def _without_numbers(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _retired_message(term: Term) -> str:
    if term.replaced_by:
        return f"“{term}” was merged into “{term.replaced_by}”: code with that."
    return f"“{term}” is retired: nothing is newly coded with it. Choose a term in use."


STILL_CARRIED = "The codings with it were affirmed."


def settle_recodings(cases: Sequence[Case], by: User | None, *, affirmed: bool = False, note: str = "") -> None:
    """Settle the queued recodings of cases, fetched with `whole()`, that no longer use the term.

    After codings were `affirmed`, also those of terms that no coding is marked for any more: they are still right.
    """
    waiting = list(
        Recoding.objects.waiting().filter(case__in=[case.pk for case in cases]).select_related("term").order_by()
    )
    if not waiting:
        return
    coded = {case.pk: {term for _, term in terms_in(convert.record_from_case(case))} for case in cases}
    marked = {case.pk: terms_marked(case) for case in cases} if affirmed else {}
    done = [each.pk for each in waiting if each.term not in coded[each.case_id]]
    kept = [
        each.pk
        for each in waiting
        if affirmed and each.pk not in done and term_key(each.term) not in marked[each.case_id]
    ]
    _settle(done, Recoding.Outcome.RECODED, by)
    _settle(kept, Recoding.Outcome.STILL_RIGHT, by, note=note or STILL_CARRIED)


def _settle(keys: Sequence[int], outcome: Recoding.Outcome, by: User | None, **more: str) -> None:
    if keys:
        Recoding.objects.filter(pk__in=keys).update(outcome=outcome, settled_at=timezone.now(), settled_by=by, **more)


# Codings of a term ---------------------------------------------------------------------------------------------------

OF_THE_CODEBOOK = {Doubt.CODEBOOK, Doubt.RETIRED}


def term_key(term: Term) -> tuple[str, str]:
    """Vocabulary and slug, as codings name their terms."""
    return term.vocabulary.slug, term.slug


def terms_marked(case: Case) -> set[tuple[str, str]]:
    """Return the terms of those codings of a whole case that are to be re-affirmed because of the codebook."""
    record = convert.to_primitive(convert.record_from_case(case))
    return {
        name
        for coding in codings_in(record)
        if any(mark["why"] in OF_THE_CODEBOOK for mark in marks_of(case.coded.get(coding.path, {})))
        for name in coding.named_terms
    }
