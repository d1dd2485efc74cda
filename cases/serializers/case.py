"""The serializer of the whole record."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from cases import schema
from cases.actions import RuleViolation
from cases.models import Absence, Case, Doubt, Origin, State
from cases.record import codings, convert
from cases.record.addresses import address_mistake
from cases.record.convert import ValidatedRecord
from cases.record.evidence import with_evidence_of_findings
from cases.record.registers import Registers
from cases.schema import ABSENCE_COLUMNS, FORMER_KINDS, UNIQUE_KEYS
from plaintext.normal import compose_all

from .fields import FieldErrors, PartSerializer
from .parts import AbsentSerializer, serializer_field


class CodingDoubtSerializer(serializers.Serializer[Any]):
    """Why a coding is to be re-affirmed."""

    why = serializers.ChoiceField(choices=[each for each in Doubt.choices if each[0] != Doubt.PROGRAM])
    date = serializers.DateField(help_text="When that changed.")
    codebook = serializers.IntegerField(
        allow_null=True, help_text="The version of the codebook that changed it, where one did."
    )


class CodingSerializer(serializers.Serializer[Any]):
    """A coding, and when it was made. One with several terms (co-producers, modes) has an entry for each."""

    path = serializers.CharField(help_text="What stands for it where codings are affirmed.")
    dimension = serializers.ChoiceField(choices=codings.CODED_DIMENSIONS, help_text="What was coded.")
    arrangement = serializers.IntegerField(
        allow_null=True, help_text="Of which of the `arrangements`, counted from 0; null for the case as a whole."
    )
    term = serializers.CharField(allow_null=True, help_text="The slug of a term or place; null where there is none.")
    absent = serializers.ChoiceField(
        choices=Absence.choices, allow_null=True, help_text="Which kind of nothing was coded."
    )
    version = serializers.IntegerField(
        allow_null=True,
        help_text="The version of the case in which it was coded, or last affirmed; null if not recorded.",
    )
    date = serializers.DateField(allow_null=True)
    codebook = serializers.IntegerField(allow_null=True, help_text="The version of the codebook then.")
    origin = serializers.ChoiceField(
        choices=Origin.choices, allow_null=True, help_text="Null where it is not recorded."
    )
    affirmed = serializers.BooleanField(help_text="Whether somebody affirmed it since it was coded.")
    unaffirmed = serializers.BooleanField(help_text="Whether a program set it, and no person has affirmed it yet.")
    out_of_step = CodingDoubtSerializer(
        many=True, help_text="Why it is to be re-affirmed: what changed since without it; empty if nothing did."
    )


class CaseSerializer(PartSerializer):
    """A case with all its parts, judgements, figures and the passages behind them."""

    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    absent = AbsentSerializer(default=dict)
    codings = CodingSerializer(many=True, read_only=True)
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
        data = compose_all(data)
        if "registers" not in self.context:
            self._context = {**self.context, "registers": Registers.named_in(data)}
        things = self.context["registers"].things
        value = super().to_internal_value(with_evidence_left_out(with_role_of_kind(data, things.get("role", ()))))
        directions = things.get("direction", {})
        return dict(with_evidence_of_findings(value, directions))

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        yield from self._address(value)
        yield from _ungrounded(value)
        yield from _unknown_figures(value)
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
        yield from self._state()
        slug = value.get("slug")
        if self.instance is None and slug and (mistake := address_mistake(slug)):
            yield "slug", mistake
        elif self.instance is not None and slug and slug != self.instance.slug:
            yield "slug", f"An address never changes: it is {self.instance.slug}."

    def _state(self) -> FieldErrors:
        """A new case is a draft, whatever the one was of which its record is a copy."""
        state = self.initial_data.get("state", empty)
        if self.instance is None and state not in (empty, *State.values):
            yield "state", "A new case is a draft: leave the state out."
        elif self.instance is not None and state not in (empty, self.instance.state):
            now = self.instance.state
            yield "state", f"It is {now}, and changes by publishing, withdrawing or redrafting, not here."

    def to_representation(self, instance: Case) -> dict[str, Any]:
        primitive: dict[str, Any] = convert.to_sent(convert.record_from_case(instance))
        return {
            **{name: primitive[name] for name in ("slug", "title", "kind")},
            "state": instance.state,
            **convert.without_idle_qualifiers(primitive),
            "codings": codings.coding_list(primitive, instance.coded),
            "version": instance.version,
            "created_at": instance.created_at,
            "updated_at": instance.updated_at,
            "published_at": instance.published_at,
            "url": f"{settings.BASE_URL}{instance.get_absolute_url()}",
        }


def _ungrounded(value: Mapping[str, Any]) -> FieldErrors:
    """Bases of sectors and places that the case does not have."""
    for parts in schema.PART_LISTS:
        if parts.grounds:
            there = value.get(parts.grounds, [])
            for number, part in enumerate(value.get(parts.name, [])):
                if part[parts.keys[0]] not in there:
                    yield (
                        parts.name,
                        f"Entry {number + 1}: add it to the {parts.grounds}, or leave it out.",
                    )


def _unknown_figures(value: Mapping[str, Any]) -> FieldErrors:
    """Figures of findings that are not among the figures of the case."""
    figures = {claim["as_stated"] for claim in value.get("claims", [])}
    for number, finding in enumerate(value.get("findings", [])):
        if finding["figure"] and finding["figure"] not in figures:
            yield "findings", f"Finding {number + 1}: its figure is none of `claims`; repeat its `as_stated`."


def with_role_of_kind(data: Mapping[str, Any], roles: Container[str]) -> Mapping[str, Any]:
    """Give a record of before, whose kind says a role in the source, that role, if it is one of the codebook."""
    kind = data.get("kind")
    role = FORMER_KINDS.get(kind) if isinstance(kind, str) else None
    return {**data, "role": role} if "role" not in data and role in roles else data


def with_evidence_left_out(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out that the evidence is absent where findings are given, from which it is made."""
    absent = data.get("absent")
    if data.get("findings") and isinstance(absent, Mapping) and "evidence" in absent:
        return {**data, "absent": {name: kind for name, kind in absent.items() if name != "evidence"}}
    return data


def validate_record(data: Any, case: Case | None = None) -> ValidatedRecord:
    """Validate a primitive record for the actions; raises RuleViolation with all errors, by field path."""
    serializer = CaseSerializer(case, data=data)
    if not serializer.is_valid():
        raise RuleViolation(dict(convert.error_paths(serializer.errors)))
    record: ValidatedRecord = serializer.validated_data
    return record
