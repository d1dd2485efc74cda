"""What surrounds an answer: the counts of every facet, Table 20.1, a term with its cases."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases import facets
from cases.filters import CaseFilterSet
from cases.models import Case
from cases.models.case import sees_drafts
from taxonomy.api import TermDetail
from taxonomy.models import Term
from taxonomy.serializers import TermSerializer

from .questions import Asked


class OptionSerializer(serializers.Serializer[Any]):
    """A value of a facet: how many cases it would leave, and where they are."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the record's label, not the field's
    depth = serializers.IntegerField(help_text="How deep it stands under broader values.")
    count = serializers.IntegerField(help_text="The cases with this value; the facet's other choices are left aside.")
    chosen = serializers.BooleanField()
    nothing = serializers.BooleanField(help_text="Whether the value is a kind of nothing.")
    url = serializers.SerializerMethodField(
        help_text="The question with this value added, or without it where it is chosen."
    )

    def get_url(self, option: facets.FacetOption) -> str:
        return str(self.context["request"].build_absolute_uri(option.href))


class FacetSerializer(serializers.Serializer[Any]):
    """A facet with the counts that its values promise, at their end the kinds of nothing."""

    name = serializers.CharField(help_text="The parameter.")
    label = serializers.CharField()  # type: ignore[assignment]  # the record's label, not the field's
    options = OptionSerializer(many=True)


class CellSerializer(serializers.Serializer[Any]):
    """The cases with one type, co-producer and mode in one and the same arrangement."""

    actor = serializers.CharField()
    mode = serializers.CharField(help_text="`none` where no mode is coded or stated.")
    count = serializers.IntegerField()
    evident = serializers.IntegerField(help_text="Those of them for which the source names evidence.")
    url = serializers.SerializerMethodField(help_text="Exactly these cases.")

    def get_url(self, cell: facets.Cell) -> str:
        return str(self.context["request"].build_absolute_uri(cell.href))


class RowSerializer(serializers.Serializer[Any]):
    """A type with its six cells. A case with both co-producers, or both modes, stands in both of their cells."""

    type = serializers.CharField(source="term.slug")
    label = serializers.CharField(source="term.label")  # type: ignore[assignment]  # the record's label, too
    depth = serializers.IntegerField(help_text="1 for a subtype; its cases stand in the row above, too.")
    total = serializers.IntegerField(help_text="The cases with this type, each once.")
    url = serializers.SerializerMethodField()
    cells = CellSerializer(many=True)

    def get_url(self, row: facets.Row) -> str:
        return str(self.context["request"].build_absolute_uri(row.href))


class MatrixSerializer(serializers.Serializer[Any]):
    """Table 20.1 over the cases of a question, whose type, co-producers, mode and match are left aside."""

    coded = serializers.IntegerField(help_text="The cases with an arrangement, each once.")
    uncoded = serializers.IntegerField(help_text="The cases without one.")
    uncoded_url = serializers.SerializerMethodField()
    rows = RowSerializer(many=True)

    def get_uncoded_url(self, matrix: facets.Matrix) -> str:
        return str(self.context["request"].build_absolute_uri(matrix.uncoded_href))


class FacetDoor(Asked):
    """The facets."""

    @extend_schema(responses=FacetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Count every facet of a question, as the page shows it: a facet's counts leave its own choice aside."""
        links = facets.Links(request.GET, reverse("case-list"))
        shown = facets.facets(self.question(), links, curator=sees_drafts(request.user))
        return Response(FacetSerializer(shown, many=True, context={"request": request}).data)


class MatrixDoor(Asked):
    """Table 20.1."""

    @extend_schema(responses=MatrixSerializer)
    def get(self, request: Request) -> Response:
        """Count the cases of a question by type, co-producer and mode; at each `url` stand exactly as many."""
        links = facets.Links(request.GET, reverse("case-list"))
        table = facets.matrix(self.question(), links)
        return Response(MatrixSerializer(table, context={"request": request}).data)


ELSEWHERE = {"caveat": "caveats__kind", "part": "participations__part", "democratic-quality": "democratic_quality"}
"""The vocabularies that no parameter asks for, with the way from a case to their terms."""


class TermWithCasesSerializer(TermSerializer):
    """A term, and how many cases it holds for the reader."""

    cases = serializers.SerializerMethodField(help_text="Number of cases coded with it or with a narrower term.")
    cases_url = serializers.SerializerMethodField(help_text="These cases; null where no parameter asks for them.")

    class Meta(TermSerializer.Meta):
        fields = [*TermSerializer.Meta.fields, "cases", "cases_url"]

    def get_cases(self, term: Term) -> int:
        cases = Case.objects.visible_to(self.context["request"].user)
        name = term.vocabulary.slug
        if name in CaseFilterSet.base_filters:
            query = QueryDict(mutable=True)
            query[name] = term.slug
            return CaseFilterSet(query, self.context["request"].user).total
        path = ELSEWHERE.get(name)
        return cases.filter(Q(**{path: term})).distinct().count() if path else 0

    def get_cases_url(self, term: Term) -> str | None:
        if term.vocabulary.slug not in CaseFilterSet.base_filters:
            return None
        cases = reverse("case-list", request=self.context["request"])
        return f"{cases}?{term.vocabulary.slug}={term.slug}"


class TermDoor(TermDetail):
    """One term, with the number of cases that it holds for the reader."""

    serializer_class = TermWithCasesSerializer
