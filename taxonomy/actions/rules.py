"""Checks before changes to the codebook: permission, stale terms, and the rules."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError

from ..codebook import CLOSED_VOCABULARIES, is_required_term
from ..models import Person, Term, Vocabulary
from ..slugs import slug_mistake

MAX_SLUG_LENGTH = 50  # characters


class CodebookRuleViolation(ValidationError):
    """A rule of the codebook forbids the change; the messages, by field, say what to do."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__({name: [message] for name, message in mistakes.items()})


class StaleTerm(Exception):
    """The term was changed by someone else meanwhile; `term` is the current version."""

    def __init__(self, term: Term) -> None:
        super().__init__(
            f"“{term}” was changed meanwhile, in version {term.version} of the codebook. Nothing of yours was saved: "
            "look at the term as it is now, and try again."
        )
        self.term = term


def may_change_codebook(user: Person | None) -> bool:
    """Whether `user` may change the codebook; None is the catalogue itself."""
    return user is None or (user.is_active and user.has_perm("taxonomy.change_term"))


def require_codebook_perm(by: Person | None) -> None:
    if not may_change_codebook(by):
        raise PermissionDenied("Only curators may change the codebook.")


def lock_terms(*terms: Term) -> list[Term]:
    """Lock the codebook and terms until the transaction ends; returns the current terms in the same order.

    Only one change is made at a time, and nothing is coded with these terms meanwhile. Raises StaleTerm if one was
    changed since it was read.
    """
    lock_codebook()
    list(Term.objects.select_for_update().filter(pk__in=[term.pk for term in terms]).order_by("pk"))
    current = Term.objects.select_related("vocabulary", "broader", "replaced_by").in_bulk([term.pk for term in terms])
    for term in terms:
        if current[term.pk].version != term.version:
            raise StaleTerm(current[term.pk])
    return [current[term.pk] for term in terms]


def lock_codebook() -> None:
    """Lock the codebook until the transaction ends."""
    list(Vocabulary.objects.select_for_update(no_key=True).order_by("pk")[:1])


def require_reason(reason: str, why: str) -> str:
    """The stripped reason; raises CodebookRuleViolation with `why` if it is empty."""
    words = reason.strip()
    if not words:
        raise CodebookRuleViolation({"reason": why})
    return words


def check_removable(term: Term, what: str) -> None:
    """Refuse to remove a term that was replaced, that the code relies on, or that has narrower terms."""
    if term.replaced_by:
        raise CodebookRuleViolation({"term": f"“{term}” already leads to “{term.replaced_by}”."})
    if is_required_term(term):
        raise CodebookRuleViolation(
            {
                "term": f"“{term}” cannot be {what}: Table 20.1, the totals and the tables themselves rest on its "
                f"short name “{term.slug}”. Its label and its definition can be changed."
            }
        )
    below = term.narrower.current()
    if what != "merged":  # a retired term may be narrower than another retired one
        below = below.offered()
    if below:
        names = ", ".join(f"“{narrower}”" for narrower in below)
        raise CodebookRuleViolation(
            {"term": f"“{term}” cannot be {what} while others stand below it: {names}. Move these first."}
        )


def check_not_retired(term: Term) -> None:
    if term.retired_at:
        raise CodebookRuleViolation({"term": f"“{term}” is retired already."})


def check_target(term: Term, into: Term) -> None:
    """Refuse a term that cannot replace another."""
    if into.pk == term.pk:
        raise CodebookRuleViolation({"into": "Choose another term than this one."})
    if into.vocabulary_id != term.vocabulary_id:
        raise CodebookRuleViolation({"into": f"“{into}” stands in another vocabulary."})
    if into.retired_at:
        raise CodebookRuleViolation({"into": f"“{into}” is retired itself; choose a term in use, or restore it first."})
    if into.broader_id == term.pk:
        raise CodebookRuleViolation(
            {"into": f"“{into}” is narrower than this term; give it another broader term first."}
        )


def check_slug(vocabulary: Vocabulary, slug: str, term: Term | None = None) -> None:
    """Refuse an invalid slug, or one that another term has or had: slugs are never reused."""
    _check_slug_form(slug)
    other = Term.objects.filter(vocabulary=vocabulary, slug=slug).select_related("replaced_by").first()
    if other and not (term and other.replaced_by_id == term.pk and not other.changes.exists()):
        leads = f", and leads to “{other.replaced_by}”" if other.replaced_by else ""
        raise CodebookRuleViolation({"slug": f"“{slug}” is the short name of “{other}”{leads}; choose another."})


def check_new_term(vocabulary: Vocabulary, slug: str) -> None:
    """Refuse a new term in a closed vocabulary, and an invalid or reserved slug."""
    if vocabulary.slug in CLOSED_VOCABULARIES:
        raise CodebookRuleViolation(
            {"vocabulary": f"“{vocabulary}” is closed, as its terms are columns of the tables: choose another."}
        )
    _check_slug_form(slug)


def _check_slug_form(slug: str) -> None:
    if len(slug) > MAX_SLUG_LENGTH:
        raise CodebookRuleViolation({"slug": f"Write a short name of at most {MAX_SLUG_LENGTH} letters."})
    if mistake := slug_mistake(slug):
        raise CodebookRuleViolation({"slug": mistake})


def check_broader(term: Term, broader: Term | None) -> None:
    """Refuse a broader term that is in another vocabulary, retired, or narrower than the term."""
    if broader is None:
        return
    if broader.vocabulary_id != term.vocabulary_id:
        raise CodebookRuleViolation({"broader": f"“{broader}” stands in another vocabulary."})
    if broader.retired_at:
        raise CodebookRuleViolation({"broader": f"“{broader}” is retired; choose a term in use, or restore it first."})
    if term.pk in {ancestor.pk for ancestor in ancestors_and_self(broader)}:
        raise CodebookRuleViolation({"broader": f"“{broader}” is itself narrower than this term."})


def ancestors_and_self(term: Term) -> Sequence[Term]:
    """A term and all broader ones; a cycle is followed only once."""
    above = [term]
    while (broader := above[-1].broader) and broader not in above:
        above.append(broader)
    return above
