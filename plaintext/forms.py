"""Form fields for text that people write."""

from __future__ import annotations

from typing import Any

from django import forms

from .normal import compose
from .visibility import tidy_name, validate_name, validate_visible


class LineField(forms.CharField):
    """A few words in one line."""

    default_validators = [validate_visible]

    def to_python(self, value: Any) -> str:
        return compose(super().to_python(value) or "")


class NameField(LineField):
    """A name of a person, a group or a tag."""

    default_validators = [validate_name]

    def to_python(self, value: Any) -> str:
        return tidy_name(super().to_python(value))


class ProseField(LineField):
    """Multi-line text with LF line ends, as everywhere in the catalogue; browsers send CRLF."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)
