"""The codebook in the API, with what the cases add to it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from rest_framework import generics, serializers

from taxonomy.api import TermDetail, VocabularyDetail, VocabularyList
from taxonomy.models import Term, TermExample
from taxonomy.serializers import TermSerializer

from ..models import Case
from ..query.parameters import CaseFilterSet
from ..record.recoding import cases_coded_with


class WithExampleCases(generics.GenericAPIView[Any]):
    """Leaves out the examples whose cases the reader may not read."""

    def get_serializer_context(self) -> dict[str, Any]:
        addresses = set(TermExample.objects.values_list("case", flat=True))
        readable = Case.objects.readable_by(self.request.user)
        return {**super().get_serializer_context(), "example_cases": addresses and readable.by_address(addresses)}


class VocabularyWithCasesList(WithExampleCases, VocabularyList):
    """Every vocabulary with its terms, in the order of the codebook."""


class VocabularyWithCasesDetail(WithExampleCases, VocabularyDetail):
    """One vocabulary with its terms."""


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
        return cases.filter(pk__in=cases_coded_with(term).values("pk")).count()

    def get_cases_url(self, term: Term) -> str | None:
        if term.vocabulary.slug not in CaseFilterSet.base_filters:
            return None
        cases = self.context["request"].build_absolute_uri(reverse("case-list"))
        return f"{cases}?{term.vocabulary.slug}={term.slug}"


class TermWithCasesDetail(WithExampleCases, TermDetail):
    """One term, with the number of cases that it holds for the reader."""

    serializer_class = TermWithCasesSerializer
