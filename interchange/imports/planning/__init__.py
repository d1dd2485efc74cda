"""What a foreign table would do to the catalogue, row by row; nothing is written here.

A row's cells are read by a `MappingSpec` (which column is which field) into a plain record; that is held against what
stands, and validated as the write validates it. `Planner.plan(rows)` gives each row its fate:

    refused     something in it is wrong; its problems say what, where, and what to do
    changed     a case is known by its address or its number in that table, and would say something else
    the same    that case says it already
    duplicate   no case is known by it, but one has nearly its title; a person decides
    new         none of these

Where the table has no cell, or an empty one, a case keeps what it says; only in an export of the catalogue itself
(which has a `record`) an empty cell means that something is to be emptied.
"""

from .fields import IMPORT_FIELDS, ImportField
from .plan import Planner
from .specs import BUILT_IN_SPECS, MappingSpec, choose_spec, spec_mistakes
from .spelling import format_spec, parse_columns, parse_constants, parse_values

__all__ = [
    "BUILT_IN_SPECS",
    "IMPORT_FIELDS",
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
