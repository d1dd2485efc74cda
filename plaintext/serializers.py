"""The serializer field for text that people and programs write."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .normal import compose
from .visibility import validate_visible


class WrittenField(serializers.CharField):
    """Text in one Unicode form, of which something can be seen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(validate_visible)

    def to_internal_value(self, data: Any) -> str:
        return compose(super().to_internal_value(data))
