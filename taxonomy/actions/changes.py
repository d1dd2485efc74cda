"""Recording changes: each is a version of the codebook, with number, date, author, reason and previous values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from ..models import (
    TERM_TEXT_FIELDS,
    VOCABULARY_FIELDS,
    Alignment,
    CodebookChange,
    CodebookChangeKind,
    Person,
    Term,
    TermExample,
    TermNeighbour,
    Vocabulary,
)
from .rules import (
    CodebookRuleViolation,
    check_broader,
    check_new_term,
    lock_codebook,
    lock_terms,
    require_codebook_perm,
    require_reason,
)

TermValues = Mapping[str, Any]
VocabularyValues = Mapping[str, Any]

codebook_changed = Signal()
"""Sent in the transaction of a change, with `change` and `recode` (whether cases need to be coded again)."""


def term_values(term: Term) -> dict[str, Any]:
    """The values of a term as JSON: its texts, its broader term's slug, its neighbours, examples and counterparts."""
    neighbours = TermNeighbour.objects.filter(term=term).select_related("term", "neighbour__vocabulary")
    return {
        **{name: getattr(term, name) for name in TERM_TEXT_FIELDS},
        "broader": term.broader.slug if term.broader else None,
        "neighbours": [[item.name, item.difference] for item in neighbours],
        "examples": [[item.fit, item.case, item.why, item.passage] for item in TermExample.objects.filter(term=term)],
        "alignments": [[item.relation, item.iri, item.label] for item in Alignment.objects.filter(term=term)],
    }


def vocabulary_values(vocabulary: Vocabulary) -> dict[str, Any]:
    """The values of a vocabulary itself as JSON, without its terms."""
    return {name: getattr(vocabulary, name) for name in VOCABULARY_FIELDS}


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

    `before` are its previous values, None for a new term. The change is part of the first load or revision `under`.
    """
    require_codebook_perm(by)
    lock_codebook()
    current = Term.objects.select_related("vocabulary", "broader").get(pk=term.pk)
    if before is None and under and under.kind == CodebookChangeKind.LOADED:
        check_broader(current, current.broader)
        Term.objects.filter(pk=current.pk).update(version=under.number)
        return under
    after = term_values(current)
    if before == after:
        return None
    _check_written(current, before, after, by)
    change = CodebookChange(kind=_change_kind(before, after), term=current, by=by, reason=reason, before=before or {})
    return _record(change, current, after, recode=recode, under=under)


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


@transaction.atomic
def begin_revision(*, title: str, by: Person | None, reason: str) -> CodebookChange:
    """Begin a version of several changes: make each `under` it, and call `finish_revision` in the same transaction."""
    require_codebook_perm(by)
    lock_codebook()
    return CodebookChange.objects.create(
        number=CodebookChange.objects.number() + 1,
        kind=CodebookChangeKind.REVISED,
        by=by,
        title=title,
        reason=require_reason(reason, "Say why the codebook is revised; its history keeps it."),
    )


def finish_revision(revision: CodebookChange) -> CodebookChange | None:
    """Drop a revision in which nothing was changed; returns it otherwise."""
    if revision.parts.exists():
        return revision
    revision.delete()
    return None


@transaction.atomic
def begin_vocabulary_change(*, vocabulary: Vocabulary, by: Person | None) -> dict[str, Any]:
    """Lock a vocabulary and return its values; write it and call `finish_vocabulary_change` in the same transaction."""
    require_codebook_perm(by)
    lock_codebook()
    return vocabulary_values(Vocabulary.objects.get(pk=vocabulary.pk))


@transaction.atomic
def finish_vocabulary_change(
    *, vocabulary: Vocabulary, before: VocabularyValues | None, by: Person | None, reason: str = "",
    under: CodebookChange | None = None,
) -> CodebookChange | None:  # fmt: skip
    """Record what was written to a vocabulary in this transaction as a change; None if its values are the same.

    `before` are its previous values, None for a new one. The change is part of the first load or revision `under`.
    """
    require_codebook_perm(by)
    lock_codebook()
    after = vocabulary_values(vocabulary)
    if before == after or (under and under.kind == CodebookChangeKind.LOADED):
        return None
    kind = CodebookChangeKind.ADDED if before is None else CodebookChangeKind.REDEFINED
    change = CodebookChange(kind=kind, vocabulary=vocabulary, by=by, reason=reason, before=before or {})
    return _save_change(change, after, under)


def record_change(
    change: CodebookChange, *, into: Sequence[Term] = (), recode: bool = False, under: CodebookChange | None = None
) -> CodebookChange:
    """Save a change to a term, and send `codebook_changed`: as the next version of the codebook, or part of `under`."""
    term = change.term
    if term is None:
        raise ValueError("This records changes to terms.")
    return _record(change, term, term_values(term), into=into, recode=recode, under=under)


def _record(
    change: CodebookChange, term: Term, after: TermValues, *, into: Sequence[Term] = (), recode: bool,
    under: CodebookChange | None,
) -> CodebookChange:  # fmt: skip
    _save_change(change, after, under)
    if into:
        change.into.set(into)
    term.version = change.number
    Term.objects.filter(pk=term.pk).update(version=change.number)
    codebook_changed.send(sender=Term, change=change, recode=recode)
    return change


def _save_change(change: CodebookChange, after: Mapping[str, Any], under: CodebookChange | None) -> CodebookChange:
    change.revision, change.reason = under, change.reason.strip()
    change.number = under.number if under else CodebookChange.objects.number() + 1
    change.after = dict(after) if after != change.before else {}
    change.save(force_insert=True)
    return change
