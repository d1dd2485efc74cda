"""Every change of the codebook is one version of it: numbered, dated, with what the term said before, who and why."""

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
"""Sent in the transaction of a change, with `change`, and `recode`: whether what is coded is to be looked at again."""

TERM_TEXT_FIELDS = ("label", "slug", "definition", "scope_note", "example", "notation", "order")


def term_values(term: Term) -> dict[str, Any]:
    """Return what a term says, plainly: its texts, its broader term by slug, its counterparts outside."""
    return {
        **{name: getattr(term, name) for name in TERM_TEXT_FIELDS},
        "broader": term.broader.slug if term.broader else None,
        "alignments": [[each.relation, each.iri, each.label] for each in Alignment.objects.filter(term=term)],
    }


@transaction.atomic
def begin_term_change(*, term: Term, by: Person | None) -> dict[str, Any]:
    """Take a term that is to be written in this transaction, and return what it says; `finish_term_change` comes
    afterwards.
    """
    require_codebook_perm(by)
    [now] = lock_terms(term)
    if now.replaced_by:
        raise CodebookRuleViolation({"label": f"“{now}” leads to “{now.replaced_by}”; change that one."})
    return term_values(now)


@transaction.atomic
def finish_term_change(
    *, term: Term, before: TermValues | None, by: Person | None, reason: str = "", recode: bool = False,
    under: CodebookChange | None = None,
) -> CodebookChange | None:  # fmt: skip
    """Make what was written of a term in this transaction a change of the codebook; None where it says the same.

    `before` is what it said, None for a new term. Where it was written as part of the first load, that is `under` which
    it goes.
    """
    require_codebook_perm(by)
    lock_codebook()
    now = Term.objects.select_related("vocabulary", "broader").get(pk=term.pk)
    after = term_values(now)
    if before == after:
        return None
    _check_written(now, before, after, by)
    if under:
        Term.objects.filter(pk=now.pk).update(version=under.number)
        return under
    change = CodebookChange(kind=_change_kind(before, after), term=now, by=by, reason=reason, before=before or {})
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
    """Begin the history of a codebook that is loaded from the catalogue's own files; None where it has begun."""
    require_codebook_perm(by)
    lock_codebook()
    if CodebookChange.objects.exists():
        return None
    return CodebookChange.objects.create(
        number=1, kind=CodebookChangeKind.LOADED, by=by, reason="Loaded from the catalogue’s own files."
    )


def record_change(change: CodebookChange, *, into: Sequence[Term] = (), recode: bool = False) -> CodebookChange:
    """Write a change of a term as the next version of the codebook, and let those follow who code with the term."""
    term = change.term
    if term is None:
        raise ValueError("Only the first load is of no term.")
    now = term_values(term)
    change.number, change.reason = CodebookChange.objects.number() + 1, change.reason.strip()
    change.after = now if now != change.before else {}
    change.save(force_insert=True)
    if into:
        change.into.set(into)
    term.version = change.number
    Term.objects.filter(pk=term.pk).update(version=change.number)
    codebook_changed.send(sender=Term, change=change, recode=recode)
    return change
