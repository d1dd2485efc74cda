"""Vocabularies and terms in the API."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from .models import Alignment, Term, Vocabulary


class AlignmentSerializer(serializers.ModelSerializer[Alignment]):
    """A term's counterpart in an outside scheme."""

    class Meta:
        model = Alignment
        fields = ["relation", "iri", "label"]


class TermSerializer(serializers.ModelSerializer[Term]):
    """A term: what it means, when to use it, where it stands among the others."""

    url = serializers.SerializerMethodField()
    vocabulary = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    broader = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    narrower = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, many=True)
    alignments = AlignmentSerializer(many=True, read_only=True)

    class Meta:
        model = Term
        fields = [
            "url",
            "vocabulary",
            "slug",
            "label",
            "definition",
            "scope_note",
            "example",
            "notation",
            "broader",
            "narrower",
            "alignments",
            "version",
            "retired_at",
        ]

    def get_url(self, term: Term) -> str:
        return str(reverse("term-detail", args=[term.vocabulary.slug, term.slug], request=self.context.get("request")))


class VocabularySerializer(serializers.ModelSerializer[Vocabulary]):
    """A vocabulary with its terms in order."""

    url = serializers.SerializerMethodField()
    terms = TermSerializer(many=True, read_only=True)

    class Meta:
        model = Vocabulary
        fields = ["url", "slug", "label", "definition", "source_note", "terms"]

    def get_url(self, vocabulary: Vocabulary) -> str:
        return str(reverse("vocabulary-detail", args=[vocabulary.slug], request=self.context.get("request")))
