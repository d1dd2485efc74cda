"""A note as JSON: read, made, changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.models import Case, CaseQuerySet
from cases.serializers.fields import Mistakes, Part

from .actions import COMMENT_LIMIT, QUOTE_LIMIT
from .forms import LAST_OFFSET
from .highlights import placed_at
from .models import Annotation, Audience
from .selectors import CONTEXT, Quotation, Span

COMMENT = "Markdown; empty for a mere highlight."
AUDIENCE = "private: only its author reads it; public: everyone."


class Text(serializers.CharField):
    """Text as it stands, white space included; line ends are LF."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the text with LF as line end."""
        return str(super().to_internal_value(data)).replace("\r\n", "\n").replace("\r", "\n")


@extend_schema_field({"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"})
class VisibleCase(serializers.SlugRelatedField[Case]):
    """The slug of a case that the reader may see."""

    def get_queryset(self) -> CaseQuerySet:
        """Return the cases to choose from."""
        return Case.objects.visible_to(self.context["request"].user)


class NoteSerializer(serializers.ModelSerializer[Annotation]):
    """A note on the words of a case's narrative.

    Offsets count Unicode code points over the text content of the rendered narrative, as it is now.
    """

    case = serializers.SlugRelatedField[Case](slug_field="slug", read_only=True, help_text="Slug of its case.")
    author = serializers.StringRelatedField[Any](help_text="Who wrote it.")
    start = serializers.SerializerMethodField(help_text="Where the words begin; null where the narrative lost them.")
    end = serializers.SerializerMethodField(help_text="Where they end; null where the narrative lost them.")
    url = serializers.SerializerMethodField(help_text="Its place on the case's page.")

    class Meta:
        model = Annotation
        fields = [
            "id", "case", "author", "audience", "exact", "prefix", "suffix", "start", "end", "comment", "created_at",
            "updated_at", "url",
        ]  # fmt: skip

    def get_start(self, note: Annotation) -> int | None:
        """Return the offset of the first code point."""
        span = placed_at(note)
        return span.start if span else None

    def get_end(self, note: Annotation) -> int | None:
        """Return the offset after the last code point."""
        span = placed_at(note)
        return span.end if span else None

    def get_url(self, note: Annotation) -> str:
        """Return the address for people."""
        return f"{settings.BASE_URL}{note.get_absolute_url()}"


class RevisedNoteSerializer(Part):
    """What can be changed of a note: not the words that it speaks of."""

    comment = Text(allow_blank=True, required=False, max_length=COMMENT_LIMIT, help_text=COMMENT)
    audience = serializers.ChoiceField(choices=Audience.choices, required=False, help_text=AUDIENCE)


class NewNoteSerializer(Part):
    """A new note: at `start` to `end`, or without them at the one place where the quoted words stand."""

    case = VisibleCase(slug_field="slug", help_text="Slug of the case.")
    exact = Text(max_length=QUOTE_LIMIT, help_text="The quoted words.")
    prefix = Text(allow_blank=True, default="", max_length=CONTEXT, help_text="What stands before them, if it matters.")
    suffix = Text(allow_blank=True, default="", max_length=CONTEXT, help_text="What stands after them, if it matters.")
    start = serializers.IntegerField(min_value=0, max_value=LAST_OFFSET, allow_null=True, default=None)
    end = serializers.IntegerField(min_value=1, max_value=LAST_OFFSET, allow_null=True, default=None)
    comment = Text(allow_blank=True, default="", max_length=COMMENT_LIMIT, help_text=COMMENT)
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.PRIVATE, help_text=AUDIENCE)

    def mistakes(self, value: Mapping[str, Any]) -> Mistakes:
        """Yield what the fields together get wrong."""
        if value.get("exact", "?").isspace():
            yield "exact", "Quote at least one word."
        if "start" in value and "end" in value:
            start, end = value["start"], value["end"]
            if (start is None) != (end is None):
                yield "start", "Give both start and end, or neither."
            elif start is not None and start >= end:
                yield "end", "The end has to come after the start."

    @property
    def target(self) -> dict[str, Any]:
        """What the note is pinned to, once valid."""
        said = self.validated_data
        return {
            "case": said["case"],
            "quotation": Quotation(said["exact"], said["prefix"], said["suffix"]),
            "span": None if said["start"] is None else Span(said["start"], said["end"]),
        }
