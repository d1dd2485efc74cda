"""Vocabularies and terms in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from .models import Alignment, Term, TermExample, TermNeighbour, Vocabulary


class AlignmentSerializer(serializers.ModelSerializer[Alignment]):
    """A term's counterpart in an outside scheme."""

    class Meta:
        model = Alignment
        fields = ["relation", "iri", "label"]


class TermNeighbourSerializer(serializers.ModelSerializer[TermNeighbour]):
    """A term that is easily taken for this one."""

    term = serializers.CharField(
        source="name", read_only=True, help_text="Its slug; after that of its vocabulary, if that is another."
    )

    class Meta:
        model = TermNeighbour
        fields = ["term", "difference"]


class TermExampleSerializer(serializers.ModelSerializer[TermExample]):
    """A case that shows how a term is meant, with the words that its coding rests on."""

    class Meta:
        model = TermExample
        fields = ["case", "why", "passage"]

    def get_fields(self) -> dict[str, Any]:
        """Name `as` what no attribute can be called."""
        return {"as": serializers.ChoiceField(TermExample.Fit.choices, source="fit"), **super().get_fields()}


class TermSerializer(serializers.ModelSerializer[Term]):
    """A term: what it means, when to use it, where it stands among the others."""

    url = serializers.SerializerMethodField()
    vocabulary = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    broader = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    narrower = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, many=True)
    neighbours = TermNeighbourSerializer(many=True, read_only=True)
    examples = serializers.SerializerMethodField(help_text="Those whose case the reader may read.")
    alignments = AlignmentSerializer(many=True, read_only=True)

    class Meta:
        model = Term
        fields = [
            "url",
            "vocabulary",
            "slug",
            "label",
            "definition",
            "include_when",
            "leave_out_when",
            "scope_note",
            "example",
            "history_note",
            "notation",
            "broader",
            "narrower",
            "neighbours",
            "examples",
            "alignments",
            "version",
            "retired_at",
        ]

    def get_url(self, term: Term) -> str:
        return str(reverse("term-detail", args=[term.vocabulary.slug, term.slug], request=self.context.get("request")))

    @extend_schema_field(TermExampleSerializer(many=True))
    def get_examples(self, term: Term) -> Any:
        cases = self.context.get("example_cases")
        shown = [each for each in term.examples.all() if cases is None or each.case in cases]
        return TermExampleSerializer(shown, many=True).data


class VocabularySerializer(serializers.ModelSerializer[Vocabulary]):
    """A vocabulary with its terms in order."""

    url = serializers.SerializerMethodField()
    terms = TermSerializer(many=True, read_only=True)

    class Meta:
        model = Vocabulary
        fields = ["url", "slug", "label", "definition", "source_note", "rules", "terms"]

    def get_url(self, vocabulary: Vocabulary) -> str:
        return str(reverse("vocabulary-detail", args=[vocabulary.slug], request=self.context.get("request")))
