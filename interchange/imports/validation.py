"""Many plain records as matter, one after the other, by the very validation of a single write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.models import Case
from cases.record.convert import ValidatedRecord
from cases.record.registers import Registers
from cases.serializers import CaseSerializer


class ImportedCaseSerializer(CaseSerializer):
    """Reads records of many cases; which addresses are taken is looked up for all of them together, not here."""

    def _address(self, value: Mapping[str, Any]) -> Any:
        return iter(())

    def validated(self, record: Mapping[str, Any], case: Case | None = None) -> ValidatedRecord:
        """Return a record as matter; raises the `ValidationError` of the API framework."""
        self.initial_data, self.instance = record, case
        read: ValidatedRecord = self.run_validation(record)
        return read


def serializer_for(registers: Registers) -> ImportedCaseSerializer:
    """Return what reads records that name things of these registers."""
    return ImportedCaseSerializer(data={}, context={"registers": registers})
