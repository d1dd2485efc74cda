"""Stored records, brought into the form of today.

A plain record is stored with the number of its form under the key `form`; one without it is of the first. When a record
gets another shape, add one line to `UPGRADES`: the number of the new form, and how a record of the form before becomes
one of it. `added("website", "")` says that records had no website until then, which is the same as an empty one.

An upgrade leaves a record that is of its form already as it is: exports do not say their form, and may come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

FORM_KEY = "form"
FIRST_FORM = 1


# What became of records -----------------------------------------------------------------------------------------------


def field_added(path: str, value: Any) -> Upgrade:
    """Return the upgrade that gives a record a field which it had not: `website`, `years.note`, `claims[].currency`.

    A field of something that is not there is not added.

    >>> added("claims[].currency", "")({"claims": [{"value": 7}, {"value": 8, "currency": "EUR"}]})
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
        return here if name in here else {**here, name: value}
    key = outer[0].removesuffix("[]")
    return {**here, key: _added(here[key], outer[1:], name, value)} if key in here else here


UPGRADES: dict[int, Upgrade] = {}
"""By the number of a form, from 2 on: how a record of the form before becomes one of it."""


# Storing and reading -------------------------------------------------------------------------------------------------


def current_form() -> int:
    """Return the number of the form in which records are stored now."""
    return max(UPGRADES, default=FIRST_FORM)


def to_stored(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of today as it is stored."""
    return {**record, FORM_KEY: current_form()}


def read_stored(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored record of any form as a record of today."""
    record = dict(kept)
    form = record.pop(FORM_KEY, FIRST_FORM)
    for number, upgrade in sorted(UPGRADES.items()):
        if number > form:
            record = upgrade(record)
    return record


def read_exported(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that does not say its form, as exports send it, as a record of today."""
    return read_stored({**record, FORM_KEY: FIRST_FORM})
