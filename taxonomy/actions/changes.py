"""Recording changes: each is a version of the codebook, with number, date, author, reason and previous values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from ..models import Alignment, CodebookChange, CodebookChangeKind, Person, Term
from .rules import (
    CodebookRuleViolation,
    check_broader,
    check_new_term,
    lock_codebook,
    lock_terms,
    require_codebook_perm,
)

TermValues = Mapping[str, Any]

codebook_changed = Signal()
"""Sent in the transaction of a change, with `change` and `recode` (whether cases need to be coded again)."""

TERM_TEXT_FIELDS = ("label", "slug", "definition", "scope_note", "example", "notation", "order")


def term_values(term: Term) -> dict[str, Any]:
    """The values of a term as JSON: its texts, its broader term's slug, its external counterparts."""
    return {
        **{name: getattr(term, name) for name in TERM_TEXT_FIELDS},
        "broader": term.broader.slug if term.broader else None,
        "alignments": [[item.relation, item.iri, item.label] for item in Alignment.objects.filter(term=term)],
    }


@transaction.atomic
def begin_term_change(*, term: Term, by: Person | None) -> dict[str, Any]:
    """Lock a term and return its values; write it and call `finish_term_change` in the same transaction."""
    require_codebook_perm(by)
    [locked] = lock_terms(term)
    if locked.replaced_by:
        raise CodebookRuleViolation({"label": f"“{locked}” leads to “{locked.replaced_by}”; change that one."})
    return term_values(locked)


@transaction.atomic
def finish_term_change(
    *, term: Term, before: TermValues | None, by: Person | None, reason: str = "", recode: bool = False,
    under: CodebookChange | None = None,
) -> CodebookChange | None:  # fmt: skip
    """Record what was written to a term in this transaction as a change; None if its values are the same.

    `before` are its previous values, None for a new term. During the first load, the term belongs to the change
    `under`.
    """
    require_codebook_perm(by)
    lock_codebook()
    current = Term.objects.select_related("vocabulary", "broader").get(pk=term.pk)
    after = term_values(current)
    if before == after:
        return None
    _check_written(current, before, after, by)
    if under:
        Term.objects.filter(pk=current.pk).update(version=under.number)
        return under
    change = CodebookChange(kind=_change_kind(before, after), term=current, by=by, reason=reason, before=before or {})
    return record_change(change, recode=recode)


def _check_written(term: Term, before: TermValues | None, after: TermValues, by: Person | None) -> None:
    if before is None and by is not None:
        check_new_term(term.vocabulary, term.slug)
    if before and before["slug"] != after["slug"]:
        raise CodebookRuleViolation(
            {"slug": "A short name is changed by renaming, so that the former one keeps its meaning."}
        )
    if before is None or before["broader"] != after["broader"]:
        check_broader(term, term.broader)


def _change_kind(before: TermValues | None, after: TermValues) -> CodebookChangeKind:
    if before is None:
        return CodebookChangeKind.ADDED
    return CodebookChangeKind.REDEFINED if before["label"] == after["label"] else CodebookChangeKind.RENAMED


@transaction.atomic
def record_first_load(*, by: Person | None) -> CodebookChange | None:
    """Start the history of a codebook that is loaded from the catalogue's own files; None if it exists already."""
    require_codebook_perm(by)
    lock_codebook()
    if CodebookChange.objects.exists():
        return None
    return CodebookChange.objects.create(
        number=1, kind=CodebookChangeKind.LOADED, by=by, reason="Loaded from the catalogue’s own files."
    )


def record_change(change: CodebookChange, *, into: Sequence[Term] = (), recode: bool = False) -> CodebookChange:
    """Save a change to a term as the next version of the codebook, and send `codebook_changed`."""
    term = change.term
    if term is None:
        raise ValueError("Only the first load is of no term.")
    current = term_values(term)
    change.number, change.reason = CodebookChange.objects.number() + 1, change.reason.strip()
    change.after = current if current != change.before else {}
    change.save(force_insert=True)
    if into:
        change.into.set(into)
    term.version = change.number
    Term.objects.filter(pk=term.pk).update(version=change.number)
    codebook_changed.send(sender=Term, change=change, recode=recode)
    return change
