"""The API of the vocabularies."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Term, TermNeighbour, Vocabulary
from .serializers import TermSerializer, VocabularySerializer


class ParameterlessView(APIView):
    """A view without query parameters; sending one is an error, because it would have no effect."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.query_params:
            raise ValidationError({name[:60]: ["There is no such parameter here."] for name in request.query_params})


def with_parts(terms: QuerySet[Term]) -> QuerySet[Term]:
    """Fetch what the serializer of a term shows, in five queries, however many terms there are."""
    return terms.select_related("vocabulary", "broader").prefetch_related(
        Prefetch("narrower", Term.objects.current()),
        Prefetch("neighbours", TermNeighbour.objects.select_related("neighbour__vocabulary")),
        "examples",
        "alignments",
    )


class VocabularyBaseView(ParameterlessView, generics.GenericAPIView[Vocabulary]):
    """The base of both vocabulary views."""

    permission_classes = [AllowAny]
    serializer_class = VocabularySerializer

    def get_queryset(self) -> QuerySet[Vocabulary]:
        return Vocabulary.objects.prefetch_related(Prefetch("terms", with_parts(Term.objects.current())))


class VocabularyList(VocabularyBaseView, generics.ListAPIView[Vocabulary]):
    """Every vocabulary with its terms, in the order of the codebook."""


class VocabularyDetail(VocabularyBaseView, generics.RetrieveAPIView[Vocabulary]):
    """One vocabulary with its terms."""

    lookup_field = "slug"

    @extend_schema(operation_id="vocabulary_retrieve")
    def get(self, request: Request, slug: str) -> Response:
        """Read one vocabulary with its terms."""
        return self.retrieve(request, slug=slug)


class TermDetail(ParameterlessView, generics.RetrieveAPIView[Term]):
    """One term."""

    permission_classes = [AllowAny]
    serializer_class = TermSerializer
    lookup_field = "slug"

    @extend_schema(operation_id="term_retrieve")
    def get(self, request: Request, vocabulary: str, slug: str) -> Response:
        """Read one term, with the number of cases that it holds for the reader. A former slug leads to it, too."""
        return self.retrieve(request, vocabulary=vocabulary, slug=slug)

    def get_object(self) -> Term:
        requested = get_object_or_404(Term, vocabulary__slug=self.kwargs["vocabulary"], slug=self.kwargs["slug"])
        return self.get_queryset().get(pk=requested.replaced_by_id or requested.pk)

    def get_queryset(self) -> QuerySet[Term]:
        return with_parts(Term.objects.all())
