"""The verbs: what may be done to the terms of the codebook. Each is one numbered change, or a few, in one transaction.

A term is given as it was read: where it was changed since, a verb raises Stale. With the `token` of what was foreseen
it raises Outdated where something else would happen now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..codebook import is_required_term
from ..models import CodebookChange, CodebookChangeKind, Person, Term
from .changes import begin_term_change, finish_term_change, record_change, term_values
from .foresight import PlannedChange, check_preview_token
from .rules import (
    CodebookRuleViolation,
    check_broader,
    check_new_term,
    check_not_retired,
    check_removable,
    check_slug,
    check_target,
    lock_codebook,
    lock_terms,
    require_codebook_perm,
    require_reason,
)

REDEFINABLE_FIELDS = ("definition", "scope_note", "example", "notation", "order", "broader")
"""What is changed of a term by redefining it."""


@transaction.atomic
def add_term(*, term: Term, by: Person | None, reason: str = "") -> CodebookChange:
    """Enter a new term."""
    require_codebook_perm(by)
    lock_codebook()
    check_new_term(term.vocabulary, term.slug)
    check_slug(term.vocabulary, term.slug)
    check_broader(term, term.broader)
    term.full_clean()
    term.save(force_insert=True)
    return record_change(CodebookChange(kind=CodebookChangeKind.ADDED, term=term, by=by, reason=reason))


@transaction.atomic
def redefine_term(
    *, term: Term, to: Mapping[str, Any], by: Person | None, reason: str, recode: bool = False
) -> CodebookChange | None:
    """Make a term mean what `to` says of `REDEFINABLE_FIELDS`; with `recode`, what is coded with it is to be looked at
    again.
    """
    words = require_reason(reason, "Say why it is defined otherwise; the history of the codebook keeps it.")
    before = begin_term_change(term=term, by=by)
    now = Term.objects.get(pk=term.pk)
    for name, value in to.items():
        if name not in REDEFINABLE_FIELDS:
            raise CodebookRuleViolation({name: "This is not changed by redefining."})
        setattr(now, name, value)
    now.full_clean()
    now.save()
    return finish_term_change(term=now, before=before, by=by, reason=words, recode=recode)


@transaction.atomic
def rename_term(
    *, term: Term, by: Person | None, reason: str, label: str = "", slug: str = "", token: str | None = None
) -> CodebookChange:
    """Give a term another label, or another short name; the former short name leads to it."""
    require_codebook_perm(by)
    [now] = lock_terms(term)
    check_rename(now, label, slug)
    words = require_reason(reason, "Say why it is renamed; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.RENAMED, now, by, label=label, slug=slug, lock=True), token)
    before, former = term_values(now), now.slug
    now.label, now.slug = label or now.label, slug or now.slug
    now.full_clean(exclude=["slug"])  # that of its own former name is free for it
    if now.slug != former:
        Term.objects.filter(vocabulary=now.vocabulary, slug=now.slug).delete()
        Term.objects.filter(pk=now.pk).update(label=now.label, slug=now.slug)  # cases follow the change, not the row
        _leave_former_slug(now, former, before["label"])
    else:
        now.save()
    return record_change(CodebookChange(kind=CodebookChangeKind.RENAMED, term=now, by=by, reason=words, before=before))


def check_rename(term: Term, label: str, slug: str) -> None:
    """Refuse another name for a term where a rule stands against it, or where it is none."""
    if term.replaced_by:
        raise CodebookRuleViolation({"label": f"“{term}” leads to “{term.replaced_by}”; rename that one."})
    if term.retired_at:
        raise CodebookRuleViolation({"label": f"“{term}” is retired, and keeps its name; restore it first."})
    if (label or term.label, slug or term.slug) == (term.label, term.slug):
        raise CodebookRuleViolation({"label": "It is called so already: give another label, or another short name."})
    if slug and slug != term.slug:
        if is_required_term(term):
            raise CodebookRuleViolation(
                {"slug": f"The code of the catalogue itself names “{term.slug}”: only its label can change."}
            )
        check_slug(term.vocabulary, slug, term)


def _leave_former_slug(term: Term, former: str, label: str) -> None:
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
def merge_terms(*, term: Term, into: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Let another term stand for one: what is coded with it is coded with that, and its slug leads there."""
    require_codebook_perm(by)
    now, other = lock_terms(term, into)
    check_merge(now, other)
    words = require_reason(reason, "Say why they are one; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.MERGED, now, by, into=[other], lock=True), token)
    before = term_values(now)
    Term.objects.filter(replaced_by=now).update(replaced_by=other)
    now.replaced_by, now.retired_at = other, now.retired_at or timezone.now()
    now.save()
    change = CodebookChange(kind=CodebookChangeKind.MERGED, term=now, by=by, reason=words, before=before)
    return record_change(change, into=[other])


def check_merge(term: Term, into: Term) -> None:
    """Refuse to merge a term where a rule stands against it."""
    check_removable(term, "merged")
    check_target(term, into)


@transaction.atomic
def split_term(
    *, term: Term, into: Sequence[Term], by: Person | None, reason: str, token: str | None = None
) -> CodebookChange:
    """Let several terms, known or new, stand for one; what is coded with it stays so, and waits to be coded anew."""
    require_codebook_perm(by)
    now, *known = lock_terms(term, *(each for each in into if each.pk))
    others = [*known, *(each for each in into if not each.pk)]
    check_split(now, others)
    words = require_reason(reason, "Say why it is split; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.SPLIT, now, by, into=others, lock=True), token)
    for each in others:
        if not each.pk:
            add_term(term=each, by=by, reason=f"Split from “{now}”. {words}")
    return _take_away(CodebookChangeKind.SPLIT, now, by, words, others)


def check_split(term: Term, into: Sequence[Term]) -> None:
    """Refuse to split a term where a rule stands against it; new terms are placed where it stands."""
    check_removable(term, "split")
    check_not_retired(term)
    for each in into:
        if each.pk:
            check_target(term, each)
        else:
            each.vocabulary, each.broader, each.order = term.vocabulary, term.broader, term.order
            check_slug(term.vocabulary, each.slug)
    slugs = {each.slug for each in into}
    if len(slugs) < 2 or len(slugs) < len(into):
        raise CodebookRuleViolation({"into": "Name at least two terms that stand for it from now on, each once."})


@transaction.atomic
def retire_term(*, term: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Let nothing more be coded with a term; what is stays so, and waits to be coded anew."""
    require_codebook_perm(by)
    [now] = lock_terms(term)
    check_retire(now)
    words = require_reason(reason, "Say why it is retired; its page tells readers.")
    check_preview_token(PlannedChange(CodebookChangeKind.RETIRED, now, by, lock=True), token)
    return _take_away(CodebookChangeKind.RETIRED, now, by, words)


def check_retire(term: Term) -> None:
    """Refuse to retire a term where a rule stands against it."""
    check_removable(term, "retired")
    check_not_retired(term)


def _take_away(
    kind: CodebookChangeKind, term: Term, by: Person | None, reason: str, into: Sequence[Term] = ()
) -> CodebookChange:
    term.retired_at = timezone.now()
    term.save()
    change = CodebookChange(kind=kind, term=term, by=by, reason=reason, before=term_values(term))
    return record_change(change, into=into)


@transaction.atomic
def restore_term(*, term: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Take a retired, split or merged term up again. What was coded anew meanwhile stays as it is."""
    require_codebook_perm(by)
    [now] = lock_terms(term)
    check_restore(now)
    words = require_reason(reason, "Say why it is in use again; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.RESTORED, now, by, lock=True), token)
    now.retired_at = now.replaced_by = None
    now.save()
    return record_change(
        CodebookChange(kind=CodebookChangeKind.RESTORED, term=now, by=by, reason=words, before=term_values(now))
    )


def check_restore(term: Term) -> None:
    """Refuse to restore what is in use, a former slug of another term, and what stands below a retired one."""
    if term.retired_at is None:
        raise CodebookRuleViolation({"term": f"“{term}” is in use."})
    if not term.changes.exists():
        raise CodebookRuleViolation(
            {"term": f"“{term.slug}” is a former short name of “{term.replaced_by}”, no term of its own."}
        )
    if term.broader and term.broader.retired_at:
        raise CodebookRuleViolation({"term": f"Restore its broader term “{term.broader}” first."})
