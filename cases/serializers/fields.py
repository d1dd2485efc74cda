"""Serializer fields for records, and a base class that reports all errors at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import CharField, Model
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, get_error_detail

from cases.record.registers import REGISTERS, Registers
from plaintext.serializers import WrittenField
from taxonomy.nearest import nearest

FieldErrors = Iterator[tuple[str, str]]


def text_field(model: type[Model] | None = None, name: str = "", **options: Any) -> serializers.CharField:
    """Text field with the maximum length of its column; may be empty unless required."""
    column = getattr(model, name).field if model else None
    if isinstance(column, CharField):
        options.setdefault("max_length", column.max_length)
    if not options.get("required"):
        options = {"allow_blank": True, "default": ""} | options
    return WrittenField(**options)


class SlugReferenceField(serializers.Field[Any, Any, Any, Any]):
    """A slug in JSON, and the object that it refers to internally."""

    def __init__(self, register: str, **options: Any) -> None:
        options.setdefault(
            "help_text",
            f"Slug of one of the {register}." if register in REGISTERS else f"A term of the vocabulary “{register}”.",
        )
        super().__init__(**options)
        self.register = register

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise ValidationError("Give a slug: a string of letters, digits and hyphens.")
        registers: Registers = self.context["registers"]
        thing = registers.find(self.register, data)
        if thing is None:
            raise ValidationError(
                f"There is no “{quote_input(data)}” here. {registers.hint(self.register, data[:120])}"
            )
        return thing

    def to_representation(self, value: Any) -> str:
        return str(value.slug)


class SlugReferenceExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # it is partly typed
    """Describes a slug in the OpenAPI schema: a term by the list of its vocabulary, any other by its letters."""

    target_class = SlugReferenceField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        if self.target.register in REGISTERS:
            return {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}
        return {"$ref": f"#/components/schemas/{term_component(self.target.register)}"}


def term_component(vocabulary: str) -> str:
    """The name in the OpenAPI schema of the list of a vocabulary's slugs.

    >>> term_component("democratic-quality")
    'DemocraticQualityTerm'
    """
    return "".join(word.capitalize() for word in vocabulary.split("-")) + "Term"


def quote_input(word: str) -> str:
    """Shorten user input and remove unprintable characters, to quote it in an error message."""
    return "".join(letter for letter in word[:60] if letter.isprintable())


class ClosedChoiceField(serializers.ChoiceField):
    """A choice whose error message suggests the nearest word."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError:
            words = [str(word) for word in self.choices]
            near = nearest(str(data)[:60], words)
            hint = f"Did you mean {near[0]}?" if near else f"It is one of: {', '.join(words)}."
            raise ValidationError(f"“{quote_input(str(data))}” cannot stand here. {hint}") from None


class QualifierField(ClosedChoiceField):
    """A choice that qualifies another value; null, as it is sent where that value is not there, is its default."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return super().validate_empty_values(self.default if data is None else data)


def unknown_keys(data: Mapping[Any, Any], known: Iterable[str]) -> FieldErrors:
    """The keys of a mapping that no field has, each with what to write instead."""
    names = list(known)
    for name in data:
        if name not in names:
            near = nearest(str(name)[:60], names)
            hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(names)}."
            yield quote_input(str(name)) or "non_field_errors", f"There is no such field here.{hint}"


class PartSerializer(serializers.Serializer[Any]):
    """A mapping of the record: it refuses keys that it does not know, and says all that is wrong with it at once."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": ["Give an object here, with keys and values."]})
        value: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for name, field in self.fields.items():
            if field.read_only:
                continue
            try:
                value[name] = field.run_validation(field.get_value(data))
            except ValidationError as error:
                errors[name] = error.detail
            except DjangoValidationError as error:
                errors[name] = get_error_detail(error)
            except SkipField:
                pass
        for name, message in [*unknown_keys(data, self.fields), *self.mistakes(value)]:
            errors.setdefault(name, [ErrorDetail(message, code="invalid")])
        if errors:
            raise ValidationError(errors)
        return value

    def mistakes(self, value: Mapping[str, Any]) -> FieldErrors:
        """Yield errors between fields as (name, what to do); `value` lacks the fields that are invalid."""
        yield from ()


class SetField(serializers.ListField):
    """A list of unique values whose order does not matter.

    Different slugs may refer to the same term after a merge; it is kept once.
    """

    def to_internal_value(self, data: Any) -> list[Any]:
        values: list[Any] = super().to_internal_value(data)
        given = list(data)
        twice = next((word for place, word in enumerate(given) if word in given[:place]), None)
        if twice is not None:
            raise ValidationError(f"“{quote_input(str(twice))}” stands here twice; give it once.")
        return [value for place, value in enumerate(values) if value not in values[:place]]
