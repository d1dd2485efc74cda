"""Upgrading stored records to the current form.

A primitive record is stored with the number of its form under the key `form`; without that key, it is of the first
form. To add a field, set `since` in its declaration; nothing else is needed. For any other change of shape, add a
function to `UPGRADES` that turns a record of the previous form into one of the new form.

Upgrades must leave a record that already has the new form unchanged: exports do not state their form, and may be
imported again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .fields import LATEST_FORM, fields_added_in

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

FORM_KEY = "form"
FIRST_FORM = 1


# Upgrades ------------------------------------------------------------------------------------------------------------


def field_added(path: str, value: Any) -> Upgrade:
    """Return an upgrade that adds a field such as `website`, `years.note` or `claims[].currency` with a default value.

    It is not added to a block that is None or missing.

    >>> field_added("claims[].currency", "")({"claims": [{"value": 7}, {"value": 8, "currency": "EUR"}]})
    {'claims': [{'value': 7, 'currency': ''}, {'value': 8, 'currency': 'EUR'}]}
    """
    *outer, name = path.split(".")

    def upgrade(record: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = _with_field(record, outer, name, value)
        return changed

    return upgrade


def _with_field(here: Any, outer: list[str], name: str, value: Any) -> Any:
    if isinstance(here, list):
        return [_with_field(each, outer, name, value) for each in here]
    if not isinstance(here, dict):
        return here
    if not outer:
        return here if name in here else {**here, name: deepcopy(value)}
    key = outer[0].removesuffix("[]")
    return {**here, key: _with_field(here[key], outer[1:], name, value)} if key in here else here


UPGRADES: dict[int, Upgrade] = {}
"""By form, from 2: the upgrade of a record of the previous form, besides the fields added."""

ADDED: dict[int, dict[str, Any]] = {form: fields_added_in(form) for form in range(FIRST_FORM + 1, LATEST_FORM + 1)}
"""By form: the fields it added, by path, each with its value in older records."""


# Storing and reading -------------------------------------------------------------------------------------------------


def current_form() -> int:
    """Return the number of the form in which records are now stored."""
    return max([FIRST_FORM, *UPGRADES, *ADDED])


def to_stored(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of the current form as it is stored."""
    return {**record, FORM_KEY: current_form()}


def read_stored(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored record of any form as one of the current form."""
    record = dict(stored)
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
    """Return an exported record, which does not state its form, as one of the current form."""
    return read_stored({**record, FORM_KEY: FIRST_FORM})
