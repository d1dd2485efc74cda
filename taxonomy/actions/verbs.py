"""The verbs: what may be done to the terms of the codebook. Each is one numbered change, or a few, in one transaction.

A term is given as it was read: where it was changed since, a verb raises Stale. With the `token` of what was foreseen
it raises Outdated where something else would happen now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..codebook import is_needed
from ..models import CodebookChange, Kind, Person, Term
from .changes import hold, record, said, settle
from .foresight import Ask, agree
from .rules import (
    Refused,
    held,
    hold_codebook,
    permit,
    refuse_broader,
    refuse_change,
    refuse_new,
    refuse_retired,
    refuse_slug,
    refuse_target,
    said_why,
)

REDEFINED = ("definition", "scope_note", "example", "notation", "order", "broader")
"""What is changed of a term by redefining it."""


@transaction.atomic
def add(*, term: Term, by: Person | None, reason: str = "") -> CodebookChange:
    """Enter a new term."""
    permit(by)
    hold_codebook()
    refuse_new(term.vocabulary, term.slug)
    refuse_slug(term.vocabulary, term.slug)
    refuse_broader(term, term.broader)
    term.full_clean()
    term.save(force_insert=True)
    return record(CodebookChange(kind=Kind.ADDED, term=term, by=by, reason=reason))


@transaction.atomic
def redefine(
    *, term: Term, to: Mapping[str, Any], by: Person | None, reason: str, recode: bool = False
) -> CodebookChange | None:
    """Make a term mean what `to` says of `REDEFINED`; with `recode`, what is coded with it is to be looked at again."""
    words = said_why(reason, "Say why it is defined otherwise; the history of the codebook keeps it.")
    before = hold(term=term, by=by)
    now = Term.objects.get(pk=term.pk)
    for name, value in to.items():
        if name not in REDEFINED:
            raise Refused({name: "This is not changed by redefining."})
        setattr(now, name, value)
    now.full_clean()
    now.save()
    return settle(term=now, before=before, by=by, reason=words, recode=recode)


@transaction.atomic
def rename(
    *, term: Term, by: Person | None, reason: str, label: str = "", slug: str = "", token: str | None = None
) -> CodebookChange:
    """Give a term another label, or another short name; the former short name leads to it."""
    permit(by)
    [now] = held(term)
    refuse_rename(now, label, slug)
    words = said_why(reason, "Say why it is renamed; the history of the codebook keeps it.")
    agree(Ask(Kind.RENAMED, now, by, label=label, slug=slug, hold=True), token)
    before, former = said(now), now.slug
    now.label, now.slug = label or now.label, slug or now.slug
    now.full_clean(exclude=["slug"])  # that of its own former name is free for it
    if now.slug != former:
        Term.objects.filter(vocabulary=now.vocabulary, slug=now.slug).delete()
        Term.objects.filter(pk=now.pk).update(label=now.label, slug=now.slug)  # cases follow the change, not the row
        _leave_word(now, former, before["label"])
    else:
        now.save()
    return record(CodebookChange(kind=Kind.RENAMED, term=now, by=by, reason=words, before=before))


def refuse_rename(term: Term, label: str, slug: str) -> None:
    """Refuse another name for a term where a rule stands against it, or where it is none."""
    if term.replaced_by:
        raise Refused({"label": f"“{term}” leads to “{term.replaced_by}”; rename that one."})
    if term.retired_at:
        raise Refused({"label": f"“{term}” is retired, and keeps its name; restore it first."})
    if (label or term.label, slug or term.slug) == (term.label, term.slug):
        raise Refused({"label": "It is called so already: give another label, or another short name."})
    if slug and slug != term.slug:
        if is_needed(term):
            raise Refused({"slug": f"The code of the catalogue itself names “{term.slug}”: only its label can change."})
        refuse_slug(term.vocabulary, slug, term)


def _leave_word(term: Term, former: str, label: str) -> None:
    """Let the former slug of a term lead to it."""
    Term.objects.create(
        vocabulary=term.vocabulary,
        slug=former,
        label=label,
        definition=term.definition,
        order=term.order,
        retired_at=timezone.now(),
        replaced_by=term,
    )


@transaction.atomic
def merge(*, term: Term, into: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Let another term stand for one: what is coded with it is coded with that, and its slug leads there."""
    permit(by)
    now, other = held(term, into)
    refuse_merge(now, other)
    words = said_why(reason, "Say why they are one; the history of the codebook keeps it.")
    agree(Ask(Kind.MERGED, now, by, into=[other], hold=True), token)
    before = said(now)
    Term.objects.filter(replaced_by=now).update(replaced_by=other)
    now.replaced_by, now.retired_at = other, now.retired_at or timezone.now()
    now.save()
    change = CodebookChange(kind=Kind.MERGED, term=now, by=by, reason=words, before=before)
    return record(change, into=[other])


def refuse_merge(term: Term, into: Term) -> None:
    """Refuse to merge a term where a rule stands against it."""
    refuse_change(term, "merged")
    refuse_target(term, into)


@transaction.atomic
def split(
    *, term: Term, into: Sequence[Term], by: Person | None, reason: str, token: str | None = None
) -> CodebookChange:
    """Let several terms, known or new, stand for one; what is coded with it stays so, and waits to be coded anew."""
    permit(by)
    now, *known = held(term, *(each for each in into if each.pk))
    others = [*known, *(each for each in into if not each.pk)]
    refuse_split(now, others)
    words = said_why(reason, "Say why it is split; the history of the codebook keeps it.")
    agree(Ask(Kind.SPLIT, now, by, into=others, hold=True), token)
    for each in others:
        if not each.pk:
            add(term=each, by=by, reason=f"Split from “{now}”. {words}")
    return _take_away(Kind.SPLIT, now, by, words, others)


def refuse_split(term: Term, into: Sequence[Term]) -> None:
    """Refuse to split a term where a rule stands against it; new terms are placed where it stands."""
    refuse_change(term, "split")
    refuse_retired(term)
    for each in into:
        if each.pk:
            refuse_target(term, each)
        else:
            each.vocabulary, each.broader, each.order = term.vocabulary, term.broader, term.order
            refuse_slug(term.vocabulary, each.slug)
    slugs = {each.slug for each in into}
    if len(slugs) < 2 or len(slugs) < len(into):
        raise Refused({"into": "Name at least two terms that stand for it from now on, each once."})


@transaction.atomic
def retire(*, term: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Let nothing more be coded with a term; what is stays so, and waits to be coded anew."""
    permit(by)
    [now] = held(term)
    refuse_retire(now)
    words = said_why(reason, "Say why it is retired; its page tells readers.")
    agree(Ask(Kind.RETIRED, now, by, hold=True), token)
    return _take_away(Kind.RETIRED, now, by, words)


def refuse_retire(term: Term) -> None:
    """Refuse to retire a term where a rule stands against it."""
    refuse_change(term, "retired")
    refuse_retired(term)


def _take_away(kind: Kind, term: Term, by: Person | None, reason: str, into: Sequence[Term] = ()) -> CodebookChange:
    term.retired_at = timezone.now()
    term.save()
    change = CodebookChange(kind=kind, term=term, by=by, reason=reason, before=said(term))
    return record(change, into=into)


@transaction.atomic
def restore(*, term: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Take a retired, split or merged term up again. What was coded anew meanwhile stays as it is."""
    permit(by)
    [now] = held(term)
    refuse_restore(now)
    words = said_why(reason, "Say why it is in use again; the history of the codebook keeps it.")
    agree(Ask(Kind.RESTORED, now, by, hold=True), token)
    now.retired_at = now.replaced_by = None
    now.save()
    return record(CodebookChange(kind=Kind.RESTORED, term=now, by=by, reason=words, before=said(now)))


def refuse_restore(term: Term) -> None:
    """Refuse to restore what is in use, a former slug of another term, and what stands below a retired one."""
    if term.retired_at is None:
        raise Refused({"term": f"“{term}” is in use."})
    if not term.changes.exists():
        raise Refused({"term": f"“{term.slug}” is a former short name of “{term.replaced_by}”, no term of its own."})
    if term.broader and term.broader.retired_at:
        raise Refused({"term": f"Restore its broader term “{term.broader}” first."})
