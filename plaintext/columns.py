"""Models whose texts people write, and the column by which rows are put in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from .collation import collate
from .normal import compose
from .visibility import NOTHING_SEEN, is_unseen_text


class WrittenModel(models.Model):
    """A model whose texts are composed (NFC), and visible unless they are empty, whoever cleans it."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Any = None) -> None:
        """Compose every text first; then report all that is wrong at once."""
        errors: dict[str, Any] = {}
        for field in self._written_fields(exclude or ()):
            text = compose(getattr(self, field.attname) or "")
            setattr(self, field.attname, text)
            if is_unseen_text(text):
                errors[field.name] = [ValidationError(NOTHING_SEEN, code="invisible")]
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as mistakes:
            errors = mistakes.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _written_fields(self, exclude: Collection[str]) -> Iterator[models.Field[Any, Any]]:
        for field in self._meta.concrete_fields:
            written = isinstance(field, models.CharField | models.TextField) and not field.choices
            if written and field.name not in exclude and isinstance(getattr(self, field.attname), str):
                yield field


class SortKeyField(models.BinaryField):
    """The key of another column, made anew with every save; `update()` and `bulk_update()` have to name it."""

    def __init__(self, *, of: str, **options: Any) -> None:
        super().__init__(**{"default": b"", "editable": False, **options})
        self.of = of

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:  # noqa: FBT001 - Django's
        key = collate(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key
