"""Changes to the terms of the codebook. Each makes one version or a few, in one transaction.

Pass a term as it was read: if it has changed since, StaleTerm is raised. With the `token` of a preview, PreviewOutdated
is raised if something else would happen now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..codebook import is_required_term
from ..models import TERM_TEXT_FIELDS, CodebookChange, CodebookChangeKind, Person, Term
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

REDEFINABLE_FIELDS = tuple(name for name in (*TERM_TEXT_FIELDS, "broader") if name not in {"label", "slug"})
"""The fields that redefining may change."""


@transaction.atomic
def add_term(*, term: Term, by: Person | None, reason: str = "") -> CodebookChange:
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
    """Set some `REDEFINABLE_FIELDS` of a term to the values in `to`; with `recode`, its cases are queued for review."""
    words = require_reason(reason, "Say why it is defined otherwise; the history of the codebook keeps it.")
    before = begin_term_change(term=term, by=by)
    locked = Term.objects.get(pk=term.pk)
    for name, value in to.items():
        if name not in REDEFINABLE_FIELDS:
            raise CodebookRuleViolation({name: "This is not changed by redefining."})
        setattr(locked, name, value)
    locked.full_clean()
    locked.save()
    return finish_term_change(term=locked, before=before, by=by, reason=words, recode=recode)


@transaction.atomic
def rename_term(
    *, term: Term, by: Person | None, reason: str, label: str = "", slug: str = "", token: str | None = None
) -> CodebookChange:
    """Give a term another label or slug; the former slug redirects to it."""
    require_codebook_perm(by)
    [locked] = lock_terms(term)
    check_rename(locked, label, slug)
    words = require_reason(reason, "Say why it is renamed; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.RENAMED, locked, by, label=label, slug=slug, lock=True), token)
    before, former = term_values(locked), locked.slug
    locked.label, locked.slug = label or locked.label, slug or locked.slug
    locked.full_clean(exclude=["slug"])  # its own former slug is available to it
    if locked.slug != former:
        Term.objects.filter(vocabulary=locked.vocabulary, slug=locked.slug).delete()
        Term.objects.filter(pk=locked.pk).update(
            label=locked.label, slug=locked.slug
        )  # cases react to the change, not to the row
        _keep_former_slug(locked, former, before["label"])
    else:
        locked.save()
    return record_change(
        CodebookChange(kind=CodebookChangeKind.RENAMED, term=locked, by=by, reason=words, before=before)
    )


def check_rename(term: Term, label: str, slug: str) -> None:
    """Raise CodebookRuleViolation if a term cannot be renamed, or the names are the same as before."""
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


def _keep_former_slug(term: Term, former: str, label: str) -> None:
    """Add a replaced term with the former slug, which leads to the renamed one."""
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
    """Replace a term by another, also in codings; its slug redirects to the other."""
    require_codebook_perm(by)
    locked, other = lock_terms(term, into)
    check_merge(locked, other)
    words = require_reason(reason, "Say why they are one; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.MERGED, locked, by, into=[other], lock=True), token)
    before = term_values(locked)
    Term.objects.filter(replaced_by=locked).update(replaced_by=other)
    locked.replaced_by, locked.retired_at = other, locked.retired_at or timezone.now()
    locked.save()
    change = CodebookChange(kind=CodebookChangeKind.MERGED, term=locked, by=by, reason=words, before=before)
    return record_change(change, into=[other])


def check_merge(term: Term, into: Term) -> None:
    """Raise CodebookRuleViolation if a term cannot be merged into another."""
    check_removable(term, "merged")
    check_target(term, into)


@transaction.atomic
def split_term(
    *, term: Term, into: Sequence[Term], by: Person | None, reason: str, token: str | None = None
) -> CodebookChange:
    """Retire a term in favour of several, existing or new; cases keep it, and are queued to be coded again."""
    require_codebook_perm(by)
    locked, *known = lock_terms(term, *(other for other in into if other.pk))
    others = [*known, *(other for other in into if not other.pk)]
    check_split(locked, others)
    words = require_reason(reason, "Say why it is split; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.SPLIT, locked, by, into=others, lock=True), token)
    for other in others:
        if not other.pk:
            add_term(term=other, by=by, reason=f"Split from “{locked}”. {words}")
    return _retire(CodebookChangeKind.SPLIT, locked, by, words, others)


def check_split(term: Term, into: Sequence[Term]) -> None:
    """Raise CodebookRuleViolation if a term cannot be split; new terms get its vocabulary, broader term and order."""
    check_removable(term, "split")
    check_not_retired(term)
    for other in into:
        if other.pk:
            check_target(term, other)
        else:
            other.vocabulary, other.broader, other.order = term.vocabulary, term.broader, term.order
            check_slug(term.vocabulary, other.slug)
    slugs = {other.slug for other in into}
    if len(slugs) < 2 or len(slugs) < len(into):
        raise CodebookRuleViolation({"into": "Name at least two terms that stand for it from now on, each once."})


@transaction.atomic
def retire_term(
    *, term: Term, by: Person | None, reason: str, token: str | None = None, under: CodebookChange | None = None
) -> CodebookChange:
    """Take a term out of use, maybe as part of the revision `under`; cases keep it, and are queued to be coded anew."""
    require_codebook_perm(by)
    [locked] = lock_terms(term)
    check_retire(locked)
    words = reason if under else require_reason(reason, "Say why it is retired; its page tells readers.")
    check_preview_token(PlannedChange(CodebookChangeKind.RETIRED, locked, by, lock=True), token)
    return _retire(CodebookChangeKind.RETIRED, locked, by, words, under=under)


def check_retire(term: Term) -> None:
    """Raise CodebookRuleViolation if a term cannot be retired."""
    check_removable(term, "retired")
    check_not_retired(term)


def _retire(
    kind: CodebookChangeKind, term: Term, by: Person | None, reason: str, into: Sequence[Term] = (),
    under: CodebookChange | None = None,
) -> CodebookChange:  # fmt: skip
    term.retired_at = timezone.now()
    term.save()
    change = CodebookChange(kind=kind, term=term, by=by, reason=reason, before=term_values(term))
    return record_change(change, into=into, under=under)


@transaction.atomic
def restore_term(*, term: Term, by: Person | None, reason: str, token: str | None = None) -> CodebookChange:
    """Put a retired, split or merged term back into use. Cases that were coded again meanwhile stay as they are."""
    require_codebook_perm(by)
    [locked] = lock_terms(term)
    check_restore(locked)
    words = require_reason(reason, "Say why it is in use again; the history of the codebook keeps it.")
    check_preview_token(PlannedChange(CodebookChangeKind.RESTORED, locked, by, lock=True), token)
    locked.retired_at = locked.replaced_by = None
    locked.save()
    return record_change(
        CodebookChange(kind=CodebookChangeKind.RESTORED, term=locked, by=by, reason=words, before=term_values(locked))
    )


def check_restore(term: Term) -> None:
    """Raise CodebookRuleViolation if a term is in use, a former slug, or narrower than a retired term."""
    if term.retired_at is None:
        raise CodebookRuleViolation({"term": f"“{term}” is in use."})
    if not term.changes.exists():
        raise CodebookRuleViolation(
            {"term": f"“{term.slug}” is a former short name of “{term.replaced_by}”, no term of its own."}
        )
    if term.broader and term.broader.retired_at:
        raise CodebookRuleViolation({"term": f"Restore its broader term “{term.broader}” first."})
