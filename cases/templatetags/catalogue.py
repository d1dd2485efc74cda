"""What templates of other rooms may ask of the cases."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict

from cases.facets import Links
from cases.filters import CaseFilterSet
from cases.models import Case
from taxonomy.models import Term

register = template.Library()


@register.inclusion_tag("cases/_of_term.html", takes_context=True)
def cases_of(context: dict[str, Any], term: Term, shown: int = 20) -> dict[str, Any]:
    """Print the cases coded with a term, or nothing where cases are not asked for by its vocabulary."""
    parameter = term.vocabulary.slug
    if parameter not in CaseFilterSet.base_filters:
        return {}
    query = QueryDict(mutable=True)
    query[parameter] = term.slug
    asked = CaseFilterSet(query, Case.objects.visible_to(context["request"].user))
    cases = asked.in_order().with_cards()
    return {"asked": asked, "total": cases.count(), "cases": cases[:shown], "href": Links(query).to({})}
