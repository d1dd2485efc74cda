"""Stored records, brought into the form of today.

A primitive record is stored with the number of its form under the key `form`; one without it is of the first. Where a
field was added, its declaration says so (`since`), and that is all. Where a record got another shape, `UPGRADES` says
how a record of the form before becomes one of the new form.

An upgrade leaves a record that is of its form already as it is: exports do not say their form, and may come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .fields import LATEST_FORM, fields_added_in

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

FORM_KEY = "form"
FIRST_FORM = 1


# What became of records -----------------------------------------------------------------------------------------------


def field_added(path: str, value: Any) -> Upgrade:
    """Return the upgrade that gives a record a field which it had not: `website`, `years.note`, `claims[].currency`.

    A field of something that is not there is not added.

    >>> field_added("claims[].currency", "")({"claims": [{"value": 7}, {"value": 8, "currency": "EUR"}]})
    {'claims': [{'value': 7, 'currency': ''}, {'value': 8, 'currency': 'EUR'}]}
    """
    *outer, name = path.split(".")

    def upgrade(record: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = _added(record, outer, name, value)
        return changed

    return upgrade


def _added(here: Any, outer: list[str], name: str, value: Any) -> Any:
    if isinstance(here, list):
        return [_added(each, outer, name, value) for each in here]
    if not isinstance(here, dict):
        return here
    if not outer:
        return here if name in here else {**here, name: deepcopy(value)}
    key = outer[0].removesuffix("[]")
    return {**here, key: _added(here[key], outer[1:], name, value)} if key in here else here


UPGRADES: dict[int, Upgrade] = {}
"""By the number of a form, from 2 on: how a record of the form before becomes one of it, beyond the added fields."""

ADDED: dict[int, dict[str, Any]] = {form: fields_added_in(form) for form in range(FIRST_FORM + 1, LATEST_FORM + 1)}
"""By form: the fields that came with it, by path, each with what older records say there."""


# Storing and reading -------------------------------------------------------------------------------------------------


def current_form() -> int:
    """Return the number of the form in which records are stored now."""
    return max([FIRST_FORM, *UPGRADES, *ADDED])


def to_stored(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of today as it is stored."""
    return {**record, FORM_KEY: current_form()}


def read_stored(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored record of any form as a record of today."""
    record = dict(kept)
    form = record.pop(FORM_KEY, FIRST_FORM)
    for number in range(form + 1, current_form() + 1):
        record = UPGRADES[number](record) if number in UPGRADES else record
        for path, value in ADDED.get(number, {}).items():
            record = record if _is_given(record, path) else field_added(path, value)(record)
    return record


def _is_given(record: Mapping[str, Any], path: str) -> bool:
    """Whether `absent.funding` does not hold for a record: it says its funding."""
    outer, _, name = path.partition(".")
    return outer == "absent" and bool(record.get(name))


def read_exported(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that does not say its form, as exports send it, as a record of today."""
    return read_stored({**record, FORM_KEY: FIRST_FORM})
