"""What differs between two records of a case, and what becomes of a record that two people changed.

Pure, but for `RecordLabels.of`; this docstring is the specification. A **record** is plain
(`cases.record.convert.plain`); a key may be missing. None, an empty text, an empty list and no key at all are the same
**nothing**; so are a year's precision that is exact, `ongoing` that is false, and "not coded", as these hold where
nobody says otherwise.

`compare_records(before, after, labels)` lists **changes** in the record's own order, in sections. Each says its field
path (as `records.paths_of` spells it: `arrangements[1].type.basis`), its name for people, and what stood and stands
there, in words. A number in a path counts in the record after; of something removed, in the record before.

- Parts are told apart part by part (`matching`): one that is new is *added*, one that is gone *removed*; of one that
  was *changed* only the fields that differ are listed; one that stands elsewhere among those that stayed in their
  order is *moved*. Pathways, sectors, places, organisations, co-producers and modes have no order.
- A passage is one thing: it is added or removed whole, while its words, its source and its place in that are told
  apart when they change. That it ends elsewhere because its words are others is no change of its place.
- A kind of nothing is said in words; that something "not coded" is now given is said by what is given.

`diff_words(before, after)` marks the words of a text. `summarise_difference` says a difference in one line,
`value_in_words` a value.

`merge_records(base, mine, theirs)` makes one record of two that were both made from `base`. What one side changed is
taken, so is what both changed alike; anything else is a **conflict**, in which the record keeps mine (or, where one
side removed what the other changed, what was changed). Blocks are merged field by field, lists without an order as
sets, lists of parts part by part; a passage is one thing. A dimension and its kind of nothing count as one thing, and
agree in the record that is made.
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
