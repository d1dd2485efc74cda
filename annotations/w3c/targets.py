"""Reads the target of a document: a case or words of it, another note, or something elsewhere."""

from __future__ import annotations

from typing import Any, NamedTuple

from accounts.models import User
from cases.markdown import narrative_text
from cases.models import Case

from ..anchoring.selectors import Quotation, TextSpan
from ..models import Annotation
from ..records import MAX_QUOTE_LENGTH, QuotedPassage
from .checking import JsonStep, as_list, document_error, iri_at, object_at, offset_at, text_at, texts_at
from .names import resolve_iri

SPECIFIC_RESOURCE_KEYS = {"id", "type", "source", "selector", "state"}
QUOTE_SELECTOR, POSITION_SELECTOR = "TextQuoteSelector", "TextPositionSelector"
SELECTORS_UNDERSTOOD = f"On a narrative of this catalogue {QUOTE_SELECTOR} and {POSITION_SELECTOR} are understood"


class Target(NamedTuple):
    """The target of a note: a case, a parent or neither; `more` is stored as it was sent."""

    case: Case | None = None
    parent: Annotation | None = None
    passage: QuotedPassage | None = None
    more: Any = None


def read_target(document: dict[str, Any], by: User) -> Target:
    """Read the target of a document, as far as `by` may see it."""
    given = document.get("target")
    if given is None or given == []:
        raise document_error("Say what the annotation is about: this is missing.", "target")
    if not isinstance(given, list):
        return _single(given, by, "target")
    if len(given) == 1:
        return _single(given[0], by, "target", 0)
    for place, target in enumerate(given):
        _iri_of(target, "target", place)
    return Target(more=given)


def _single(one: Any, by: User, *path: JsonStep) -> Target:
    iri = _iri_of(one, *path)
    found = _find_target(iri, by, *path) if iri else None
    if isinstance(found, Annotation):
        return Target(parent=found)
    if found is None:
        return Target(more=one)
    if isinstance(one, str) or "source" not in one:
        return Target(case=found)
    more = {name: value for name, value in one.items() if name not in SPECIFIC_RESOURCE_KEYS}
    others = [selector for selector in as_list(one.get("selector")) if not _is_understood(selector)]
    return Target(
        case=found,
        passage=_passage(found, one, *path),
        more={**more, **({"selector": others} if others else {})} or None,
    )


def _iri_of(target: object, *path: JsonStep) -> str:
    """The IRI of a target; empty for a set of targets, whose members are not read."""
    if isinstance(target, str):
        return iri_at(target, *path)
    given = object_at(target, *path)
    texts_at(given.get("type", []), *path, "type")
    if "source" in given:
        source = given["source"]
        if isinstance(source, dict):
            return iri_at(source.get("id"), *path, "source", "id")
        return iri_at(source, *path, "source")
    if "id" in given:
        return iri_at(given["id"], *path, "id")
    if isinstance(given.get("items"), list):
        return ""
    raise document_error("Give the IRI of what the annotation is about, as id or as source.", *path)


def _find_target(iri: str, by: User, *path: JsonStep) -> Case | Annotation | None:
    """The case or note of this catalogue at an IRI; None for anything else."""
    match = resolve_iri(iri)
    if match is None:
        return None
    if match.view_name == "annotations:note":
        note = Annotation.objects.visible_to(by).filter(uid=match.kwargs["uid"]).select_related("case").first()
        if note is None:
            raise document_error("There is no such annotation here.", *path)
        return note
    if match.view_name != "cases:case":
        return None
    case = Case.objects.visible_to(by).addressed(match.kwargs["slug"]).first()
    if case is None:
        raise document_error("There is no such case here.", *path)
    if "#" in iri or "?" in iri:
        raise document_error(
            f"{SELECTORS_UNDERSTOOD}: give the plain address of the case as source, and one of these.", *path
        )
    return case


def _passage(case: Case, target: dict[str, Any], *path: JsonStep) -> QuotedPassage | None:
    """The words that the selectors of a target choose; None without selectors."""
    if "state" in target and "selector" not in target:
        raise document_error("Only the narrative as it is now can be annotated: leave the state out.", *path, "state")
    given = target.get("selector")
    if given is None or given == []:
        return None
    quotation, span = _read_selectors(given, *path, "selector")
    if quotation is None and span is None:
        raise document_error(f"{SELECTORS_UNDERSTOOD}: send one of them, or both.", *path, "selector")
    words = quotation or _words(case, span, *path, "selector")
    if len(words.exact) > MAX_QUOTE_LENGTH:
        raise document_error(f"A quotation has at most {MAX_QUOTE_LENGTH:,} characters.", *path, "selector")
    return QuotedPassage(words, span)


def _read_selectors(given: object, *path: JsonStep) -> tuple[Quotation | None, TextSpan | None]:
    """The first quotation and the first span among selectors."""
    quotation: Quotation | None = None
    span: TextSpan | None = None
    for place, selector in enumerate(as_list(given)):
        step = (*path, place) if isinstance(given, list) else path
        if isinstance(selector, str):
            iri_at(selector, *step)
            continue
        kinds = texts_at(object_at(selector, *step).get("type", []), *step, "type")
        if QUOTE_SELECTOR in kinds:
            quotation = quotation or _quotation(selector, *step)
        elif POSITION_SELECTOR in kinds:
            span = span or _span(selector, *step)
    return quotation, span


def _is_understood(selector: Any) -> bool:
    kinds = as_list(selector.get("type")) if isinstance(selector, dict) else []
    return QUOTE_SELECTOR in kinds or POSITION_SELECTOR in kinds


def _quotation(selector: dict[str, Any], *path: JsonStep) -> Quotation:
    _refuse_refinement(selector, *path)
    exact = text_at(selector.get("exact"), *path, "exact")
    if not exact.strip():
        raise document_error("Quote at least one word.", *path, "exact")
    context = (text_at(selector.get(side, ""), *path, side) for side in ("prefix", "suffix"))
    return Quotation(exact, *context)


def _span(selector: dict[str, Any], *path: JsonStep) -> TextSpan:
    _refuse_refinement(selector, *path)
    start, end = (offset_at(selector.get(name), *path, name) for name in ("start", "end"))
    if start >= end:
        raise document_error("The end has to come after the start.", *path, "end")
    return TextSpan(start, end)


def _refuse_refinement(selector: dict[str, Any], *path: JsonStep) -> None:
    if "refinedBy" in selector:
        raise document_error(f"{SELECTORS_UNDERSTOOD}, without a selector inside another.", *path, "refinedBy")


def _words(case: Case, span: TextSpan | None, *path: JsonStep) -> Quotation:
    """The words at offsets that were sent without a quotation."""
    text = narrative_text(case.narrative)
    if span is None or span.end > len(text):
        raise document_error(
            f"The text content of the narrative has {len(text)} code points; these offsets lie outside.", *path
        )
    words = text[slice(*span)]
    if not words.strip():
        raise document_error("At these offsets stands no word.", *path)
    return Quotation(words)
