"""A note as a flat JSON row, for analysts. It is read-only: notes are written through the W3C protocol."""

from __future__ import annotations

from rest_framework import serializers

from .models import Annotation, Placement
from .query.filters import note_kind
from .records import term_code


class NoteSerializer(serializers.ModelSerializer[Annotation]):
    """A note.

    Offsets count Unicode code points over the text content of the rendered narrative, as it is now.
    """

    url = serializers.SerializerMethodField(help_text="Its permanent address, the IRI of the W3C annotation.")
    case = serializers.SlugRelatedField[Annotation](
        slug_field="slug", read_only=True, allow_null=True, help_text="Slug of its case; null: it is on something else."
    )
    author = serializers.StringRelatedField[Annotation](
        allow_null=True, help_text="Who wrote it; null: the account is deleted."
    )
    author_orcid = serializers.SerializerMethodField(help_text="The author's ORCID iD; empty where none is given.")
    group = serializers.SlugRelatedField[Annotation](
        slug_field="uid", read_only=True, allow_null=True, help_text="The id of the group that reads it."
    )
    group_name = serializers.CharField(source="group.name", default="", read_only=True)
    kind = serializers.SerializerMethodField(
        help_text="What it is on: passage (highlight, where it says nothing of it), case, reply, elsewhere."
    )
    parent = serializers.SerializerMethodField(  # type: ignore[assignment]  # the note's parent, not the field's
        help_text="The note that it answers; null: it is no answer."
    )
    thread = serializers.SerializerMethodField(help_text="The note that its thread began with; null: it is no answer.")
    placement = serializers.ChoiceField(
        choices=Placement.choices,
        allow_blank=True,
        read_only=True,
        help_text="What became of the quoted words when the narrative changed; empty where it quotes none.",
    )
    start = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="Where the words begin now; null where they have no place."
    )
    end = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="Where they end now; null where they have no place."
    )
    exact = serializers.CharField(read_only=True, help_text="The words as they were quoted.")
    prefix = serializers.CharField(read_only=True, help_text="Up to 32 characters before them, in that revision.")
    suffix = serializers.CharField(read_only=True, help_text="Up to 32 characters after them, in that revision.")
    comment = serializers.CharField(read_only=True, help_text="Markdown; empty for a mere highlight.")
    tags = serializers.SerializerMethodField(help_text="Words of its author's own.")
    codes = serializers.SerializerMethodField(help_text="Terms of the taxonomy, as vocabulary:slug.")
    resolved = serializers.SerializerMethodField(help_text="Whether its thread is settled.")
    revision = serializers.SlugRelatedField[Annotation](
        slug_field="number", read_only=True, allow_null=True, help_text="Number of the narrative that it quotes."
    )

    class Meta:
        model = Annotation
        fields = [
            *("uid", "url", "case", "author", "author_orcid", "audience", "group", "group_name"),
            *("kind", "parent", "thread", "placement", "start", "end", "exact", "prefix", "suffix"),
            *("comment", "tags", "codes", "resolved", "created_at", "edited_at", "updated_at", "revision"),
        ]
        read_only_fields = fields

    # The OpenAPI schema puts a field's description first only if its method has a docstring.

    def get_url(self, note: Annotation) -> str:
        """The address."""
        return note.iri

    def get_author_orcid(self, note: Annotation) -> str:
        """The iD."""
        return note.author.orcid if note.author else ""

    def get_kind(self, note: Annotation) -> str:
        """The narrowest kind."""
        return note_kind(note)

    def get_parent(self, note: Annotation) -> str | None:
        """The address of the note above."""
        return note.parent.iri if note.parent else None

    def get_thread(self, note: Annotation) -> str | None:
        """The address of the first note."""
        return note.thread.iri if note.thread else None

    def get_tags(self, note: Annotation) -> list[str]:
        """The labels."""
        return [tag.label for tag in note.tags.all()]

    def get_codes(self, note: Annotation) -> list[str]:
        """The terms."""
        return [term_code(term) for term in note.codes.all()]

    def get_resolved(self, note: Annotation) -> bool:
        """Whether somebody resolved it."""
        return note.root.resolved_at is not None
