"""Every change of the codebook is one version of it: numbered, dated, with what the term said before, who and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from ..models import Alignment, CodebookChange, Kind, Person, Term
from .rules import Refused, held, hold_codebook, permit, refuse_broader, refuse_new

Said = Mapping[str, Any]

codebook_changed = Signal()
"""Sent in the transaction of a change, with `change`, and `recode`: whether what is coded is to be looked at again."""

TEXTS = ("label", "slug", "definition", "scope_note", "example", "notation", "order")


def said(term: Term) -> dict[str, Any]:
    """Return what a term says, plainly: its texts, its broader term by slug, its counterparts outside."""
    return {
        **{name: getattr(term, name) for name in TEXTS},
        "broader": term.broader.slug if term.broader else None,
        "alignments": [[each.relation, each.iri, each.label] for each in Alignment.objects.filter(term=term)],
    }


@transaction.atomic
def hold(*, term: Term, by: Person | None) -> dict[str, Any]:
    """Take a term that is to be written in this transaction, and return what it says; `settle` comes afterwards."""
    permit(by)
    [now] = held(term)
    if now.replaced_by:
        raise Refused({"label": f"“{now}” leads to “{now.replaced_by}”; change that one."})
    return said(now)


@transaction.atomic
def settle(
    *, term: Term, before: Said | None, by: Person | None, reason: str = "", recode: bool = False,
    under: CodebookChange | None = None,
) -> CodebookChange | None:  # fmt: skip
    """Make what was written of a term in this transaction a change of the codebook; None where it says the same.

    `before` is what it said, None for a new term. Where it was written as part of the first load, that is `under` which
    it goes.
    """
    permit(by)
    hold_codebook()
    now = Term.objects.select_related("vocabulary", "broader").get(pk=term.pk)
    after = said(now)
    if before == after:
        return None
    _refuse_written(now, before, after, by)
    if under:
        Term.objects.filter(pk=now.pk).update(version=under.number)
        return under
    change = CodebookChange(kind=_kind(before, after), term=now, by=by, reason=reason, before=before or {})
    return record(change, recode=recode)


def _refuse_written(term: Term, before: Said | None, after: Said, by: Person | None) -> None:
    if before is None and by is not None:
        refuse_new(term.vocabulary, term.slug)
    if before and before["slug"] != after["slug"]:
        raise Refused({"slug": "A short name is changed by renaming, so that the former one keeps its meaning."})
    if before is None or before["broader"] != after["broader"]:
        refuse_broader(term, term.broader)


def _kind(before: Said | None, after: Said) -> Kind:
    if before is None:
        return Kind.ADDED
    return Kind.REDEFINED if before["label"] == after["label"] else Kind.RENAMED


@transaction.atomic
def first_loaded(*, by: Person | None) -> CodebookChange | None:
    """Begin the history of a codebook that is loaded from the catalogue's own files; None where it has begun."""
    permit(by)
    hold_codebook()
    if CodebookChange.objects.exists():
        return None
    return CodebookChange.objects.create(
        number=1, kind=Kind.LOADED, by=by, reason="Loaded from the catalogue’s own files."
    )


def record(change: CodebookChange, *, into: Sequence[Term] = (), recode: bool = False) -> CodebookChange:
    """Write a change of a term as the next version of the codebook, and let those follow who code with the term."""
    term = change.term
    if term is None:
        raise ValueError("Only the first load is of no term.")
    now = said(term)
    change.number, change.reason = CodebookChange.objects.number() + 1, change.reason.strip()
    change.after = now if now != change.before else {}
    change.save(force_insert=True)
    if into:
        change.into.set(into)
    term.version = change.number
    Term.objects.filter(pk=term.pk).update(version=change.number)
    codebook_changed.send(sender=Term, change=change, recode=recode)
    return change
