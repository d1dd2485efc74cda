"""What a foreign table would do to the catalogue, row by row; nothing is written here.

A row's cells are read by a `Spec` (which column is which field) into a plain record; that is held against what stands,
and validated as the write validates it. `Planner.plan(rows)` gives each row its fate:

    refused     something in it is wrong; its problems say what, where, and what to do
    changed     a case is known by its address or its number in that table, and would say something else
    the same    that case says it already
    duplicate   no case is known by it, but one has nearly its title; a person decides
    new         none of these

Where the table has no cell, or an empty one, a case keeps what it says; only in an export of the catalogue itself
(which has a `record`) an empty cell means that something is to be emptied.
"""

from .fields import FIELDS, Field
from .plan import Planner
from .specs import BUILT_IN, Spec, mistakes_of, read_as
from .spelling import columns_from, constants_from, values_from, written

__all__ = [
    "BUILT_IN",
    "FIELDS",
    "Field",
    "Planner",
    "Spec",
    "columns_from",
    "constants_from",
    "mistakes_of",
    "read_as",
    "values_from",
    "written",
]
