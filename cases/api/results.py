"""API endpoints for results: a page of cards, the facets, Table 20.1, and terms with their cases.

The serializers only document the structures of `cases.query.facets` and `cases.query.results`; msgspec encodes them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from cases.models import Absence, State
from cases.query import facets, matrix, results

from .query import SELECTION_PARAMETERS, ParameterFields, QueryView


class OptionSerializer(serializers.Serializer[Any]):
    """A value of a facet: how many cases it would leave, and where they are."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the record's label, not the field's
    depth = serializers.IntegerField(help_text="How deep it stands under broader values.")
    count = serializers.IntegerField(help_text="The cases with this value; the facet's other choices are left aside.")
    chosen = serializers.BooleanField()
    nothing = serializers.BooleanField(help_text="Whether the value is a kind of nothing.")
    url = serializers.URLField(help_text="The question with this value added, or without it where it is chosen.")


class FacetSerializer(serializers.Serializer[Any]):
    """A facet with the counts that its values promise, at their end the kinds of nothing."""

    name = serializers.CharField(help_text="The parameter.")
    label = serializers.CharField()  # type: ignore[assignment]  # the record's label, not the field's
    options = OptionSerializer(many=True)
    truncated = serializers.BooleanField(
        required=False, help_text="True where only the values with the most cases, and those chosen, are here."
    )
    number = serializers.IntegerField(required=False, help_text="Of a truncated facet: how many values there are.")
    find = serializers.URLField(
        required=False, help_text="Of a truncated facet: where one searches for the others, as `q`."
    )


class CellSerializer(serializers.Serializer[Any]):
    """The cases with one type, co-producer and mode in one and the same arrangement."""

    actor = serializers.CharField()
    mode = serializers.CharField(help_text="`none` where no mode is coded or stated.")
    count = serializers.IntegerField()
    evident = serializers.IntegerField(help_text="Those of them for which the source reports a result.")
    cases = serializers.IntegerField(help_text="The named cases among them.")
    practices = serializers.IntegerField(help_text="The practices among them of which no case here is an instance.")
    unsaid = serializers.IntegerField(help_text="Entries of this type and co-producer that say no mode.")
    gap = serializers.ChoiceField(choices=list(matrix.GAP_WORDS.items()), help_text="Which kind of gap it is.")
    url = serializers.URLField(help_text="Exactly these entries.")


class RowSerializer(serializers.Serializer[Any]):
    """A type with its six cells. A case with both co-producers, or both modes, stands in both of their cells."""

    type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the record's label, not the field's
    depth = serializers.IntegerField(help_text="1 for a subtype; its cases stand in the row above, too.")
    total = serializers.IntegerField(help_text="The entries with this type, each once.")
    cases = serializers.IntegerField(help_text="The named cases among them.")
    practices = serializers.IntegerField(help_text="The practices among them of which no case here is an instance.")
    url = serializers.URLField()
    cells = CellSerializer(many=True)


class MatrixSerializer(serializers.Serializer[Any]):
    """Table 20.1 over the cases of a question, whose type, co-producers, mode and match are left aside."""

    coded = serializers.IntegerField(help_text="The cases with an arrangement, each once.")
    uncoded = serializers.IntegerField(help_text="The cases without one.")
    uncoded_url = serializers.URLField()
    rows = RowSerializer(many=True)


class CardArrangementSerializer(serializers.Serializer[Any]):
    """What one group does, one way: slugs, and which kind of nothing where there is no mode."""

    type = serializers.CharField()
    actor = serializers.ListField(child=serializers.CharField())
    mode = serializers.ListField(child=serializers.CharField())
    absent = serializers.ChoiceField(choices=Absence.choices, allow_null=True)


class CardEvidenceSerializer(serializers.Serializer[Any]):
    """Slugs of level and direction."""

    level = serializers.CharField()
    direction = serializers.CharField()


class CardPlaceSerializer(serializers.Serializer[Any]):
    """A place by what it is called, its slug, and the ISO 3166 code of its country, which may be empty."""

    name = serializers.CharField()
    slug = serializers.CharField()
    country = serializers.CharField(allow_blank=True)


class CardSerializer(serializers.Serializer[Any]):
    """What the results say of a case; its slugs are those of the codebook."""

    slug = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    role = serializers.CharField(allow_null=True, help_text="Its role in the source.")
    state = serializers.ChoiceField(choices=State.choices)
    summary = serializers.CharField()
    eligibility = serializers.CharField(allow_null=True)
    years = serializers.CharField(help_text="In words; empty where no year is given.")
    places = CardPlaceSerializer(many=True)
    sectors = serializers.ListField(child=serializers.CharField())
    evidence = CardEvidenceSerializer(allow_null=True)
    arrangements = CardArrangementSerializer(many=True)
    arrangements_absent = serializers.ChoiceField(choices=Absence.choices, allow_blank=True)
    url = serializers.URLField(help_text="Its page.")


class CountsSerializer(serializers.Serializer[Any]):
    """The entries that answer, told apart; what is left out is none."""

    cases = serializers.IntegerField(required=False, help_text="Named cases given as examples.")
    practices = serializers.IntegerField(required=False, help_text="Practices not tied to one place.")
    near_misses = serializers.IntegerField(required=False, help_text="Entries that show where co-delivery ends.")
    warnings = serializers.IntegerField(required=False, help_text="Entries that show what can go wrong.")
    studies = serializers.IntegerField(required=False, help_text="Studies and concepts.")
    background = serializers.IntegerField(required=False, help_text="Entries that only place others.")


class NumbersSerializer(serializers.Serializer[Any]):
    """A cell of Table 20.1, or with neither actor nor mode the whole row."""

    type = serializers.CharField()
    actor = serializers.CharField(allow_blank=True)
    mode = serializers.CharField(allow_blank=True, help_text="`none` where no mode is coded or stated.")
    count = serializers.IntegerField()
    evident = serializers.IntegerField(help_text="Those of them for which the source reports a result.")
    cases = serializers.IntegerField(help_text="The named cases among them.")
    practices = serializers.IntegerField(help_text="The practices among them of which no case here is an instance.")


class ResultsSerializer(serializers.Serializer[Any]):
    """A page of results with the numbers that surround it."""

    count = serializers.IntegerField(help_text="The entries that answer.")
    counts = CountsSerializer()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    facets = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="By parameter and value: the cases that the value would leave, as far as there are any. "
        "`/api/v1/facets/` has every value, with its words and its address.",
    )
    matrix = NumbersSerializer(many=True)
    results = CardSerializer(many=True)
    snippets = serializers.ListField(
        child=serializers.ListField(child=serializers.ListField()),
        help_text="Where words are searched, for each of the results: the parts of its title and of the words of its "
        "summary or narrative that answer, each part with whether it was searched for.",
    )
    suggestion = serializers.CharField(allow_null=True, help_text="What to search for instead, where nothing answers.")
    truncated = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The facets of which only the values with the most cases, and those chosen, are here.",
    )


class QueryAnswerView(QueryView):
    """Base class of endpoints whose response is computed from one version of the catalogue."""

    def links(self, view_name: str) -> facets.QueryLinks:
        """Links for the same query at another endpoint."""
        return facets.QueryLinks(
            self.request.GET, settings.BASE_URL + reverse(view_name), settings.BASE_URL + reverse("facets")
        )

    def json_response(self, answer: object) -> HttpResponse:
        return HttpResponse(
            answer if isinstance(answer, bytes) else results.encode_json(answer), content_type=JSON_CONTENT_TYPE
        )


JSON_CONTENT_TYPE = "application/json"


class ResultsView(QueryAnswerView):
    """A page of results."""

    refused = ("cursor", *SELECTION_PARAMETERS)

    @extend_schema(responses=ResultsSerializer)
    def get(self, request: Request) -> HttpResponse:
        """Answer as the page of results does: total, the counts of every facet, Table 20.1, the cards of a page."""
        page = results.results_json(self.get_filterset(), self.links("results"))
        if page is None:
            raise exceptions.NotFound("There are not so many pages.")
        return self.json_response(page)


class FacetsView(QueryAnswerView):
    """The facets."""

    @extend_schema(responses=FacetSerializer(many=True))
    def get(self, request: Request) -> HttpResponse:
        """Count every facet of a question, as the page shows it: a facet's counts leave its own choice aside."""
        return self.json_response(facets.build_facets(self.get_filterset(), self.links("case-list")))


class FacetSearchView(QueryAnswerView):
    """The values of one facet."""

    def parameters(self) -> ParameterFields:
        """Parameters of a query, except that its own search words are `within`; `q` searches the facet."""
        known = dict(super().parameters())
        find = forms.CharField(label="words of the values", required=False, max_length=facets.MAX_FACET_SEARCH_LENGTH)
        within = forms.CharField(label="words that the cases are searched for", required=False, max_length=500)
        return {**known, "q": find, facets.WITHIN_PARAMETER: within}

    @extend_schema(responses=FacetSerializer)
    def get(self, request: Request, name: str) -> HttpResponse:
        """Search for values of a facet: those in whose words all of `q` stand, at most fifty, with their counts."""
        words, query = facets.split_facet_search(request.query_params)
        filterset = self.question_of(query)
        if name not in filterset.shown_facets:
            raise exceptions.NotFound(f"There is no such facet. There are: {', '.join(filterset.shown_facets)}.")
        links = facets.QueryLinks(query, settings.BASE_URL + reverse("case-list"))
        return self.json_response(facets.search_facet(filterset, name, words, links))


class MatrixView(QueryAnswerView):
    """Table 20.1."""

    @extend_schema(responses=MatrixSerializer)
    def get(self, request: Request) -> HttpResponse:
        """Count the cases of a question by type, co-producer and mode; at each `url` stand exactly as many."""
        return self.json_response(matrix.build_matrix(self.get_filterset(), self.links("case-list")))
