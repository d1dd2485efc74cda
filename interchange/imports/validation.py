"""The records of many rows, validated together as the write of a single case validates one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rest_framework.exceptions import ValidationError

from cases.record.convert import ValidatedRecord
from cases.record.registers import REGISTERS, Registers, slugs_under
from cases.serializers import CaseSerializer

from .register_entries import RegisterEntry, unsaved_from_entry


class ValidatedRows(NamedTuple):
    """The records of rows, in their order, each validated or refused; and what they name."""

    records: list[ValidatedRecord | ValidationError]
    registers: Registers
    """What is stored, and unsaved things for the new entries."""
    new: list[RegisterEntry]
    """The entries of what is not stored yet, once each; those that no record names are left out."""


def validate_rows(records: Sequence[Mapping[str, Any]], entries: Iterable[RegisterEntry] = ()) -> ValidatedRows:
    """Validate records that may name what the entries bring. Which addresses are taken is for the caller to look at."""
    registers, new = _named_registers(list(records), entries)
    serializer = _ImportedCaseSerializer(data={}, context={"registers": registers})
    return ValidatedRows([serializer.validate_next(record) for record in records], registers, new)


def _named_registers(records: list[Any], entries: Iterable[RegisterEntry]) -> tuple[Registers, list[RegisterEntry]]:
    registers = Registers.named_in(records)
    registers.closed = True
    named = {register: set(slugs_under(records, key)) for register, (_, key) in REGISTERS.items()}
    new: list[RegisterEntry] = []
    for entry in entries:
        register, slug = str(entry["register"]), str(entry["slug"])
        if slug in named[register] and slug not in registers.things[register]:
            registers.things[register][slug] = unsaved_from_entry(entry)
            new.append(entry)
    return registers, new


class _ImportedCaseSerializer(CaseSerializer):
    """Validates one record after the other, as making a serializer for each takes longer than validating."""

    def _address(self, value: Mapping[str, Any]) -> Any:
        return iter(())

    def validate_next(self, record: Mapping[str, Any]) -> ValidatedRecord | ValidationError:
        self.initial_data = record
        try:
            validated: ValidatedRecord = self.run_validation(record)
        except ValidationError as error:
            return error
        return validated
