"""Comparing two records of a case, and merging two records that were changed independently.

Pure, except for `RecordLabels.of`; this docstring is the specification. **Records** are primitive
(`cases.record.convert.to_primitive`), and keys may be missing. None, an empty text, an empty list and a missing key are
equal, all meaning **no value**. So are defaults: an exact year, `ongoing` that is false, and "not coded".

`compare_records(before, after, labels)` lists **changes** in the order of the record, in sections. Each has the path of
its field (as in `cases.record.convert.error_paths`: `arrangements[1].type.basis`), the field's name, and the values
before and after, in words. Numbers in a path are indexes in the record after; for removed parts, in the record before.

- Lists are compared part by part (`matching`). A new part is *added*, a missing one *removed*; for a *changed* part,
  only the fields that differ are listed; a part that changed its position relative to those that kept their order is
  *moved*. Pathways, sectors, places, organisations, co-producers and modes are unordered.
- A passage is added or removed as a whole, but changes of its words, source and place are listed separately. A
  different end that only follows from different words is not a change of place.
- A kind of nothing is put in words. If a value replaces "not coded", only the value is listed.

`diff_words(before, after)` marks the edited words of a text. `summarise_difference` describes a difference in one line,
and `value_in_words` a value.

`merge_records(base, mine, theirs)` merges two records that were both derived from `base`. Changes by one side, and
identical changes by both, are taken. Anything else is a **conflict**, in which the merged record has my value (or, if
one side removed what the other changed, the changed value). Blocks are merged field by field, unordered lists as sets,
other lists part by part, and passages as a whole. A dimension and its kind of nothing are merged together, and are
consistent in the result.
"""

from cases.record.labels import RecordLabels

from .differences import (
    ChangeKind,
    Difference,
    FieldChange,
    Section,
    compare_records,
    summarise_difference,
    value_in_words,
)
from .marking import EditMark, EditSpan, diff_words, fold_unchanged
from .merging import MergeConflict, MergedRecord, merge_records

__all__ = [
    "ChangeKind",
    "Difference",
    "EditMark",
    "EditSpan",
    "FieldChange",
    "MergeConflict",
    "MergedRecord",
    "RecordLabels",
    "Section",
    "compare_records",
    "diff_words",
    "fold_unchanged",
    "merge_records",
    "summarise_difference",
    "value_in_words",
]
