"""What the API says of imports, and what it reads."""

from __future__ import annotations

from collections import Counter
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from cases.history.reading import changes_as_primitives

from .imports import batches
from .imports.preview import RowCounts
from .imports.running import step_progress
from .models import AlikeThing, Batch, DuplicateDecision, ImportRow, RowOutcome

MAX_DECISIONS = 5_000


class StepProgressSerializer(serializers.Serializer[Any]):
    """How far a step is that was started with `Prefer: respond-async`."""

    step = serializers.CharField(help_text="apply or undo.")
    done = serializers.IntegerField(help_text="Rows done.")
    total = serializers.IntegerField()
    running = serializers.BooleanField()
    refused = serializers.CharField(help_text="Why nothing came of it; empty if it went well, or still runs.")


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """An import: what its file would do, or did."""

    by = serializers.StringRelatedField[Batch](allow_null=True, help_text="Who brought it in.")
    planned = serializers.SerializerMethodField(help_text="How many of its rows are planned.")
    outcomes = serializers.SerializerMethodField(help_text="The number of rows with each outcome.")
    undecided = serializers.SerializerMethodField(help_text="Probable duplicates that nobody has decided on; left out.")
    outdated = serializers.SerializerMethodField(
        help_text="Whether the catalogue has changed since; it then has to be planned anew."
    )
    progress = serializers.SerializerMethodField(help_text="Of the last step in the background; null: none is known.")
    notes = serializers.JSONField(read_only=True, help_text="What was met in the file as a whole.")
    url = serializers.SerializerMethodField(help_text="Its address here.")

    class Meta:
        model = Batch
        fields = [
            *("id", "name", "sha256", "mapping", "publish", "status", "by", "created_at", "applied_at", "total"),
            *("planned", "outcomes", "undecided", "outdated", "progress", "notes", "url"),
        ]
        read_only_fields = fields

    def get_planned(self, batch: Batch) -> int:
        """How many."""
        counted: RowCounts = self.context["counts"]
        return batch.total - sum(
            n for (key, outcome, _), n in counted.items() if (key, outcome) == (batch.pk, "waiting")
        )

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_outcomes(self, batch: Batch) -> dict[str, int]:
        """By outcome."""
        found = Counter[str]()
        for (key, outcome, _), number in self.context["counts"].items():
            found[outcome] += number if key == batch.pk else 0
        return {str(outcome): found[outcome] for outcome in RowOutcome if found[outcome]}

    def get_undecided(self, batch: Batch) -> int:
        """How many."""
        undecided: int = self.context["counts"].get((batch.pk, RowOutcome.DUPLICATE, DuplicateDecision.NONE), 0)
        return undecided

    def get_outdated(self, batch: Batch) -> bool:
        """Whether it is."""
        waits = batch.status in {Batch.Status.READ, Batch.Status.PLANNED}
        return waits and batch.catalogue != batches.current_catalogue_version()

    @extend_schema_field(StepProgressSerializer(allow_null=True))
    def get_progress(self, batch: Batch) -> dict[str, Any] | None:
        """How far it is."""
        progress = step_progress(batch)
        return progress._asdict() if progress else None

    def get_url(self, batch: Batch) -> str:
        """Its address."""
        address: str = reverse("import-detail", args=[batch.pk], request=self.context["request"])
        return address


class ImportRowSerializer(serializers.Serializer[Any]):
    """A row of a file, and its plan."""

    number = serializers.IntegerField(help_text="As a spreadsheet shows it.")
    outcome = serializers.ChoiceField(choices=RowOutcome.choices)
    title = serializers.CharField()
    slug = serializers.CharField(help_text="The slug that the case has, or would have.")
    external_id = serializers.CharField(help_text="What it is known by in its own table.")
    publish = serializers.BooleanField()
    decision = serializers.ChoiceField(choices=DuplicateDecision.choices, allow_blank=True)
    applied_as = serializers.IntegerField(allow_null=True, help_text="The version that the case then had.")
    problems = serializers.JSONField(help_text="What was met in it: column, value, message, severity.")
    candidates = serializers.JSONField(help_text="Which cases it may be already: slug, title, score.")
    recognised = serializers.JSONField(
        help_text="What its words are taken for, and why: register, name, slug, why, alike."
    )
    entries = serializers.JSONField(help_text="The sources, organisations and places that it would enter.")
    record = serializers.JSONField(allow_null=True, help_text="What the case would say.")
    changes = serializers.SerializerMethodField(help_text="What would change: path, name, kind, before, after.")

    @extend_schema_field(OpenApiTypes.ANY)
    def get_changes(self, row: ImportRow) -> Any:
        """The differences from the case as it stands."""
        difference = self.context["previews"][row.pk].get("difference")
        return changes_as_primitives(difference) if difference else []


class PlanSerializer(serializers.Serializer[Any]):
    """How to plan."""

    again = serializers.BooleanField(default=False, help_text="Forget the plan, and begin anew. Decisions are kept.")


class DecisionSerializer(serializers.Serializer[Any]):
    """A decision on a probable duplicate."""

    row = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The number of the row.")
    decision = serializers.ChoiceField(choices=DuplicateDecision.choices, allow_blank=True)
    case = serializers.SlugField(
        required=False, allow_blank=True, default="", help_text="With `change`: the slug of the case that it is."
    )


class DecisionsSerializer(serializers.Serializer[Any]):
    """Decisions on probable duplicates."""

    decisions = serializers.ListField(child=DecisionSerializer(), max_length=MAX_DECISIONS)


class AlikeThingSerializer(serializers.ModelSerializer[AlikeThing]):
    """A source, an organisation or a place of an import that is like others, but not the same."""

    candidates = serializers.JSONField(read_only=True, help_text="What it is like: slug, name, why.")

    class Meta:
        model = AlikeThing
        fields = ["id", "register", "row", "name", "candidates", "decision"]
        read_only_fields = fields


class AlikeDecisionSerializer(serializers.Serializer[Any]):
    """What such a thing is."""

    id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    decision = serializers.CharField(
        allow_blank=True, max_length=120, help_text="“new”, the slug of the one that it is, or nothing."
    )


class AlikeDecisionsSerializer(serializers.Serializer[Any]):
    """Decisions on what is alike."""

    decisions = serializers.ListField(child=AlikeDecisionSerializer(), max_length=MAX_DECISIONS)


class ApplySerializer(serializers.Serializer[Any]):
    """How to apply."""

    skip_refused = serializers.BooleanField(default=False, help_text="Leave refused rows out, and take the others.")
