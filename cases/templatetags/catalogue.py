"""What templates of other rooms may ask of the cases."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cases.facets import FacetList, FacetOption, Links, cards
from cases.filters import CaseFilterSet
from taxonomy.models import Term

register = template.Library()
DEEPER = SafeString(' class="deeper"')
CHOSEN = SafeString(' aria-current="true"')


CLASSES = {(False, False): "", (True, False): "nothing", (False, True): "zero", (True, True): "nothing zero"}
OPTION = (
    '<li{}><a id="{}-{}" href="{}" rel="nofollow" class="{}"{}>'
    '<span>{}</span> <span class="n" data-count="{}">{}</span></a></li>'
)


@register.simple_tag
def options(facet: FacetList) -> SafeString:
    """Print the options of a facet. In Python, because a template takes ten times as long for a hundred and fifty."""
    return format_html_join("\n", OPTION, (_option(facet.name, option) for option in facet.options))


def _option(name: str, option: FacetOption) -> tuple[Any, ...]:
    deeper = DEEPER if option.depth else ""
    chosen = CHOSEN if option.chosen else ""
    classes = CLASSES[option.nothing, not option.count]
    return deeper, name, option.value, option.href, classes, chosen, option.label, option.count, option.count


@register.inclusion_tag("cases/_of_term.html", takes_context=True)
def cases_of(context: dict[str, Any], term: Term, shown: int = 20) -> dict[str, Any]:
    """Print the cases coded with a term, or nothing where cases are not asked for by its vocabulary."""
    parameter = term.vocabulary.slug
    if parameter not in CaseFilterSet.base_filters:
        return {}
    query = QueryDict(mutable=True)
    query[parameter] = term.slug
    asked = CaseFilterSet(query, context["request"].user)
    found = cards(asked, 0, shown)
    return {"asked": asked, "total": asked.qs.count(), "cases": found, "href": Links(query).to({})}
