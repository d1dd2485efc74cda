"""What a foreign table would do to the catalogue, row by row; nothing is written here.

A `MappingSpec` (which column is which field) turns a row's cells into a primitive record, which is validated as a write
validates it and compared with the stored case. `Planner.plan(rows)` sets the outcome of each row:

    refused     something in it is wrong; its problems say what, where, and what to do
    changed     its address, or its number in that table, is that of a case, which would change
    the same    that case would not change
    duplicate   it is no case that is known, but one has nearly the same title; a person decides
    new         none of these

A missing or empty cell leaves the case as it is. Only in an export of the catalogue itself, which has a `record`, does
an empty cell mean that the field is to be emptied.
"""

from .fields import IMPORT_FIELDS, ImportField
from .plan import Planner
from .specs import BUILT_IN_SPECS, MappingSpec, choose_spec, spec_mistakes
from .spelling import format_spec, parse_columns, parse_constants, parse_values
from .things import NEW

__all__ = [
    "BUILT_IN_SPECS",
    "IMPORT_FIELDS",
    "NEW",
    "ImportField",
    "MappingSpec",
    "Planner",
    "choose_spec",
    "format_spec",
    "parse_columns",
    "parse_constants",
    "parse_values",
    "spec_mistakes",
]
