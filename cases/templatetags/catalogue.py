"""Template tags. What lists repeat most is rendered in Python, ten times faster than in a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from cases import schema
from cases.markdown import render_markdown
from cases.models import Absence, Arrangement, Case, Passage, State
from cases.models.parts import actor_words, mode_words
from cases.models.snapshot import snapshot
from cases.query.examples import example_cases
from cases.query.facets import Card, CardArrangement, CardEvidence, FacetList, FacetOption, QueryLinks, load_cards
from cases.query.parameters import TOP_VALUES_SHOWN, CaseFilterSet, Grammar
from cases.record.codings import PART_KEYS, numbered
from cases.record.stamps import CodingStamp
from cases.record.told import Coders, day_in_words, doubts_in_words, origin_in_words
from cases.schema.nodes import Block, Kind
from cases.search.excerpts import ExcerptParts, Snippet
from taxonomy.models import Term

register = template.Library()

OPTION_CLASSES = {(False, False): "", (True, False): "nothing", (False, True): "zero", (True, True): "nothing zero"}


@register.simple_tag
def facet(shown: FacetList) -> SafeString:
    chosen = f' <span class="quiet">{len(shown.chosen)} chosen</span>' if shown.chosen else ""
    label = escape(shown.label[:1].upper() + shown.label[1:])
    options = "\n".join(_option(shown.name, option) for option in shown.options)
    rest = _facet_search(shown) if shown.truncated else ""
    return _safe(
        f'<details class="facet" id="facet-{shown.name}"{" open" if shown.open else ""}>\n'
        f"  <summary>{label}{chosen}</summary>\n  <ul>\n{options}\n  </ul>\n{rest}</details>\n"
    )


@register.simple_tag
def facet_option(name: str, option: FacetOption) -> SafeString:
    return _safe(_option(name, option))


def _facet_search(shown: FacetList) -> str:
    """The search form for values of a long facet that are not listed."""
    address, _, query = shown.find.partition("?")
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in parse_qsl(query)
    )
    field = f"find-{shown.name}"
    return (
        f'  <form class="find" action="{escape(address)}" hx-boost="false">{hidden}\n'
        f'    <label for="{field}">The {TOP_VALUES_SHOWN} with the most cases, of {shown.number:,}. '
        "Search all</label>\n"
        f'    <input id="{field}" name="q" type="search" maxlength="100"> <button>Find</button>\n  </form>\n'
    )


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - callers escape every text


def _option(name: str, option: FacetOption) -> str:
    deeper = ' class="deeper"' if option.depth else ""
    chosen = ' aria-current="true"' if option.chosen else ""
    classes = OPTION_CLASSES[option.nothing, not option.count]
    number = f'<span class="n" data-count="{option.count}">{option.count}</span>'
    begin = f'<li{deeper}><a id="{name}-{escape(option.value)}" href="{escape(option.url)}" rel="nofollow"'
    return f'{begin} class="{classes}"{chosen}><span>{escape(option.label)}</span> {number}</a></li>'


@register.simple_tag
def arrangement(shown: Arrangement) -> SafeString:
    """An arrangement as a chip."""
    kind = shown.type
    broad = (kind.broader or kind).slug
    return _safe(_chip(broad, kind.label, shown.actors, shown.modes, shown.mode_absent))


def _chip(broad: str, label: str, actors: Iterable[str], modes: list[str], absent: str | None) -> str:
    mode_class = "mixed" if len(modes) > 1 else modes[0] if modes else "modeless"
    words = f"{label} · {actor_words(actors)} · {mode_words(modes, absent)}"
    return f'<span class="arr type-{broad} {mode_class}">{escape(words)}</span>'


@register.simple_tag
def card(shown: Card, grammar: Grammar, address: str, snippet: Snippet | None = None) -> SafeString:
    """A case in a list, with search hits marked; `address` is the path of the list."""
    state = "" if shown.state == State.PUBLISHED else f' <span class="state">{State(shown.state).label}</span>'
    link = f'<a href="{address}{shown.slug}/">{_title(shown, snippet)}</a>'
    return _safe(
        f'<li class="hit">\n  <h3>{link}{state}</h3>\n'
        f'  <p class="facts">{escape(" · ".join(_facts(shown, grammar)))}</p>\n'
        f'  <p class="gist">{_gist(shown, snippet)}</p>\n'
        f'  <p class="arrs">{_chips(shown, grammar)}</p>\n</li>'
    )


def _title(shown: Card, snippet: Snippet | None) -> str:
    return _marked(snippet.title) if snippet and snippet.title else escape(shown.title or shown.slug)


def _gist(shown: Card, snippet: Snippet | None) -> str:
    """The excerpt with search hits, or else the summary."""
    found = snippet and any(part.hit for part in snippet.text)
    return _marked(snippet.text) if snippet and found else escape(shown.summary)


def _marked(parts: ExcerptParts) -> str:
    return "".join(f"<mark>{escape(part.text)}</mark>" if part.hit else escape(part.text) for part in parts)


def _facts(shown: Card, grammar: Grammar) -> Iterable[str]:
    """Yield the facts on the first line of a card."""
    words = grammar.labels
    kind = words("kind")[shown.kind]
    yield kind[:1].upper() + kind[1:]
    if shown.role and shown.role != USUAL_ROLE:
        yield words("role")[shown.role].lower()
    if shown.places:
        yield ", ".join(place.name for place in shown.places)
    if shown.sectors:
        yield ", ".join(words("sector")[slug].lower() for slug in shown.sectors)
    if shown.years:
        yield shown.years
    yield words("eligibility")[shown.eligibility].lower() if shown.eligibility else "not judged"
    if shown.evidence:
        yield _result_words(shown.evidence, words)


USUAL_ROLE = "example"


def _result_words(evidence: CardEvidence, words: Callable[[str], Mapping[str, str]]) -> str:
    """Level and direction, or that no result is reported."""
    if evidence.level == schema.NO_EVIDENCE_TERM:
        return "no result reported"
    return f"evidence: {words('evidence')[evidence.level].lower()}, {words('direction')[evidence.direction].lower()}"


def _chips(shown: Card, grammar: Grammar) -> str:
    if not shown.arrangements:
        absent = Absence(shown.arrangements_absent or Absence.NOT_CODED).label
        return f'<span class="quiet">no arrangement: {absent}</span>'
    return " ".join(_chip_of(each, grammar.labels("type"), grammar.broad_types) for each in shown.arrangements)


def _chip_of(shown: CardArrangement, labels: Mapping[str, str], broad: Mapping[str, str]) -> str:
    return _chip(broad[shown.type], labels[shown.type], shown.actor, shown.mode, shown.absent)


@register.simple_tag(takes_context=True)
def coded(context: Mapping[str, Any], case: Case, *path: str) -> SafeString:
    """When, how and by whom something was coded, and why it is to be re-affirmed; empty if nothing is known of it."""
    stamp = case.coded.get(".".join(path))
    return _safe("" if stamp is None else _stamp(stamp, context.get("coders") or {}))


def _stamp(stamp: CodingStamp, coders: Coders) -> str:
    parts = list(filter(None, [_coded_at(stamp), escape(origin_in_words(stamp.get("affirmed") or stamp, coders))]))
    made = f'<p class="stamp">{", ".join(parts) or "when it was coded is not recorded"}</p>'
    doubts = doubts_in_words(stamp)
    return f'{made}<p class="stamp doubt"><b>To be re-affirmed.</b> {escape(" ".join(doubts))}</p>' if doubts else made


def _coded_at(stamp: CodingStamp) -> str:
    if not stamp["date"]:
        return ""
    when = f'<time datetime="{escape(stamp["date"])}">{day_in_words(stamp["date"])}</time>'
    codebook = f'<a href="{reverse("taxonomy:history")}#v{stamp["codebook"]}">codebook {stamp["codebook"]}</a>'
    verb = "affirmed" if stamp.get("affirmed") else "coded"
    return f"{verb} in version {stamp['version']}, {when}, {codebook}"


@register.simple_tag(takes_context=True)
def arrangement_coded(context: Mapping[str, Any], case: Case, number: int, dimension: str) -> SafeString:
    """The same of one dimension of an arrangement; arrangements are numbered from 0."""
    if not case.coded:
        return _safe("")
    labels = [each.label for each in case.arrangements.all()]
    occurrence = labels[: number + 1].count(labels[number])
    label = labels[number] + (f" ({occurrence})" if occurrence > 1 else "")
    return _safe(coded(context, case, "arrangements", label, dimension))


@register.simple_tag(takes_context=True)
def part_coded(context: Mapping[str, Any], case: Case, name: str, number: int) -> SafeString:
    """The same of one part of a list (figures, findings, caveats, ...), numbered from 0."""
    if not case.coded:
        return _safe("")
    rows = getattr(case, schema.get_part_list(name).stand_in).all()
    fields = [schema.PART_FIELDS[name][key].stands_in for key in PART_KEYS[name]]
    paths = numbered(".".join([name, *(_key_of(getattr(row, field)) for field in fields)]) for row in rows)
    return _safe(coded(context, case, next(islice(paths, number, None))))


def _key_of(value: Any) -> str:
    """What a record has for a value: the slug of a term or thing."""
    return str(getattr(value, "slug", value))


@register.inclusion_tag("components/grounds.html")
def grounds(passage: Passage | None, basis: str) -> dict[str, Any]:
    """What a coding rests on: its passage, or its basis alone."""
    return {"passage": passage, "basis": basis}


@register.inclusion_tag("components/grounds.html")
def grounds_of(case: Case, name: str, thing: Any) -> dict[str, Any]:
    """What a sector or a place of a case rests on."""
    rows = getattr(case, f"{name}_grounds").all()
    found = next((row for row in rows if getattr(row, f"{name}_id") == thing.pk), None)
    return {"passage": found and found.passage, "basis": found.get_basis_display() if found else ""}


class Judgement(NamedTuple):
    """A judgement as shown on the page of a case; `nothing` is the kind of nothing if there is none."""

    name: str
    label: str
    terms: str
    texts: Sequence[str]
    passage: Passage | None
    basis: str
    nothing: str


@register.filter
def judgements(case: Case) -> list[Judgement]:
    """The judgements that share one layout."""
    return [_judgement(case, block) for block in schema.BLOCKS if block.printed]


def _judgement(case: Case, block: Block) -> Judgement:
    values = {field: getattr(case, field.stands_in) for field in block.leaves}
    terms = [value for field, value in values.items() if field.kind is Kind.TERM and value]
    terms += [term for field, value in values.items() if field.kind is Kind.TERMS for term in value.all()]
    return Judgement(
        block.name,
        block.label,
        ", ".join(map(str, terms)),
        [value for field, value in values.items() if field.kind is Kind.PROSE and value],
        next((value for field, value in values.items() if field.kind is Kind.PASSAGE), None),
        "; ".join(_choice_label(case, field.stands_in) for field in values if field.kind is Kind.CHOICE),
        _choice_label(case, block.nothing.column) if block.nothing else "",
    )


def _choice_label(case: Case, column: str) -> str:
    return str(getattr(case, f"get_{column}_display")())


@register.inclusion_tag("cases/_of_term.html", takes_context=True)
def cases_of(context: dict[str, Any], term: Term, shown: int = 20) -> dict[str, Any]:
    """The cases coded with a term; empty if there is no facet for its vocabulary."""
    parameter = term.vocabulary.slug
    if parameter not in CaseFilterSet.FACETS:
        return {}
    query = QueryDict(mutable=True)
    query[parameter] = term.slug
    links = QueryLinks(query)
    with snapshot():
        filterset = CaseFilterSet(query, context["request"].user)
        found = load_cards(filterset.keys(0, shown)) if filterset.total else []
    return {"filterset": filterset, "cases": found, "url": links.to({}), "address": links.path}


@register.inclusion_tag("taxonomy/_manual_of_term.html", takes_context=True)
def manual_of(context: dict[str, Any], term: Term) -> dict[str, Any]:
    """What the manual says of a term; its examples are those that the reader may read.

    A page of many terms looks their cases up at once, as `example_cases`.
    """
    examples = list(term.examples.all())
    cases = context.get("example_cases")
    if cases is None:
        cases = example_cases([term], context["request"].user)
    return {
        "term": term,
        "neighbours": [near for near in term.neighbours.all() if near.neighbour.current != term],
        "examples": [(each, cases[each.case]) for each in examples if each.case in cases],
    }


@register.filter
def markdown(text: str) -> SafeString:
    return _safe(render_markdown(text))
