"""Sources, organisations and places that an import brings, as mappings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.text import slugify

from cases.derived.csv_columns import REGISTER_KEYS, register_entry
from cases.models import Place
from cases.record import convert

REGISTER_MODELS: dict[str, type[Any]] = {name: model for model, name in REGISTER_KEYS.items()}
RegisterEntry = Mapping[str, Any]
"""`register`, and the columns of its model, among them `slug`."""


def unsaved_from_entry(given: RegisterEntry) -> Any:
    model = REGISTER_MODELS[given["register"]]
    names = {field.attname for field in model._meta.concrete_fields if field.editable and not field.primary_key}
    return model(**{name: _column(name, value) for name, value in given.items() if name in names})


def entry_mistakes(thing: Model) -> list[tuple[str, str]]:
    """Field and what to do, for each mistake in an unsaved thing of a register."""
    try:
        thing.clean_fields()
        if isinstance(thing, Place):
            thing.validate_constraints()
    except ValidationError as error:
        return list(convert.error_paths(error.message_dict))
    return []


def _column(name: str, value: Any) -> Any:
    """A value as its column takes it; degrees are stored with four decimals."""
    return f"{value:.4f}" if name in {"latitude", "longitude"} and isinstance(value, int | float) else value


def matches_entry(thing: Model, given: RegisterEntry) -> bool:
    """Whether a stored thing agrees with an entry in all that the entry gives."""
    stands = register_entry(thing)
    return all(stands[name] == value for name, value in given.items() if name in stands)


def slug_from(*words: object, fallback: str, most: int) -> str:
    """A slug made of words; if they have no Latin letters, `fallback` with a checksum of them.

    >>> slug_from("Müller & Söhne", 2014, fallback="source", most=40), slug_from("中国", fallback="place", most=40)
    ('muller-sohne-2014', 'place-f0e95216')
    """
    given = " ".join(str(word) for word in words if word)
    found = slugify(given)[:most].strip("-")
    return found or f"{fallback}-{hashlib.sha256(given.encode(errors='replace')).hexdigest()[:8]}"


def exported_entries(registers: Any) -> Iterator[RegisterEntry]:
    """The entries in an exported case: `{"sources": [{"slug": …}, …], …}`."""
    for name in REGISTER_MODELS:
        listed = registers.get(name) if isinstance(registers, Mapping) else None
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, Mapping) and isinstance(each.get("slug"), str):
                yield {**each, "register": name}
