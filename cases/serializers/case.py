"""The serializer of the whole record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from cases import schema
from cases.actions import RuleViolation
from cases.models import Case, State
from cases.record import codings, convert
from cases.record.addresses import address_mistake
from cases.record.convert import ValidatedRecord
from cases.record.registers import Registers
from cases.schema import ABSENCE_COLUMNS, UNIQUE_KEYS

from .fields import FieldErrors, PartSerializer
from .parts import AbsentSerializer, serializer_field


class StampSerializer(serializers.Serializer[Any]):
    """When a coding was made."""

    version = serializers.IntegerField(help_text="The version of the case.")
    date = serializers.DateField()
    codebook = serializers.IntegerField(help_text="The version of the codebook.")


class CaseSerializer(PartSerializer):
    """A case with all its parts, judgements, figures and the passages behind them."""

    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    absent = AbsentSerializer(default=dict)
    codings = serializers.DictField(
        child=StampSerializer(),
        read_only=True,
        help_text="By coding: the version of the case, the date and the version of the codebook that it was coded at.",
    )
    version = serializers.IntegerField(
        read_only=True,
        help_text="Counts its saves. A change says which version it was made from, and an older one is refused.",
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    published_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was first published.")
    url = serializers.URLField(read_only=True, help_text="Its page.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields of the schema, with the state after the kind, followed by the read-only fields."""
        own = super().get_fields()
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {}
        for node in schema.RECORD:
            fields[node.name] = serializer_field(node)
            if node.name == "kind":
                fields["state"] = own["state"]
        return fields | own

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": ["Give a case here: an object with keys and values."]})
        if "registers" not in self.context:
            self._context = {**self.context, "registers": Registers.named_in(data)}
        return super().to_internal_value(data)

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        yield from self._address(value)
        for name in ABSENCE_COLUMNS:
            if value.get(name) and value.get("absent", {}).get(name):
                yield name, "It is given here and called absent below: keep one of the two."
        for name, keys in UNIQUE_KEYS.items():
            seen: list[Any] = []
            for number, entry in enumerate(value.get(name, [])):
                key = [convert.to_primitive(entry[key]) for key in keys]
                if key in seen:
                    yield (
                        name,
                        f"Entry {number + 1} ({', '.join(filter(None, key))}) stands here already; give it once.",
                    )
                seen.append(key)

    def _address(self, value: Mapping[str, Any]) -> FieldErrors:
        state = self.initial_data.get("state", empty)
        now = self.instance.state if self.instance else State.DRAFT
        if state not in (empty, now):
            yield "state", f"It is {now}, and changes by publishing, withdrawing or redrafting, not here."
        slug = value.get("slug")
        if self.instance is None and slug and (mistake := address_mistake(slug)):
            yield "slug", mistake
        elif self.instance is not None and slug and slug != self.instance.slug:
            yield "slug", f"An address never changes: it is {self.instance.slug}."

    def to_representation(self, instance: Case) -> dict[str, Any]:
        primitive: dict[str, Any] = convert.to_primitive(convert.record_from_case(instance))
        return {
            **{name: primitive[name] for name in ("slug", "title", "kind")},
            "state": instance.state,
            **primitive,
            "codings": codings.sorted_stamps(instance.coded),
            "version": instance.version,
            "created_at": instance.created_at,
            "updated_at": instance.updated_at,
            "published_at": instance.published_at,
            "url": f"{settings.BASE_URL}{instance.get_absolute_url()}",
        }


def validate_record(data: Any, case: Case | None = None) -> ValidatedRecord:
    """Validate a primitive record for the actions; raises RuleViolation with all errors, by field path."""
    serializer = CaseSerializer(case, data=data)
    if not serializer.is_valid():
        raise RuleViolation(dict(convert.error_paths(serializer.errors)))
    record: ValidatedRecord = serializer.validated_data
    return record
