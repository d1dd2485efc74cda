"""Every change to the codebook; the admin and the loader call these.

They are for curators, that is, users with the permission `taxonomy.change_term`. `by=None` is the catalogue itself when
it loads its own files.
"""

from .changes import (
    begin_revision,
    begin_term_change,
    begin_vocabulary_change,
    codebook_changed,
    finish_revision,
    finish_term_change,
    finish_vocabulary_change,
    record_first_load,
    term_values,
)
from .foresight import (
    ChangePreview,
    Effect,
    EffectLine,
    PlannedChange,
    PreviewOutdated,
    Tally,
    preview_change,
    preview_requested,
)
from .rules import CodebookRuleViolation, StaleTerm, ancestors_and_self, may_change_codebook
from .verbs import (
    REDEFINABLE_FIELDS,
    add_term,
    check_merge,
    check_rename,
    check_restore,
    check_retire,
    check_split,
    merge_terms,
    redefine_term,
    rename_term,
    restore_term,
    retire_term,
    split_term,
)

__all__ = [
    "REDEFINABLE_FIELDS",
    "ChangePreview",
    "CodebookRuleViolation",
    "Effect",
    "EffectLine",
    "PlannedChange",
    "PreviewOutdated",
    "StaleTerm",
    "Tally",
    "add_term",
    "ancestors_and_self",
    "begin_revision",
    "begin_term_change",
    "begin_vocabulary_change",
    "check_merge",
    "check_rename",
    "check_restore",
    "check_retire",
    "check_split",
    "codebook_changed",
    "finish_revision",
    "finish_term_change",
    "finish_vocabulary_change",
    "may_change_codebook",
    "merge_terms",
    "preview_change",
    "preview_requested",
    "record_first_load",
    "redefine_term",
    "rename_term",
    "restore_term",
    "retire_term",
    "split_term",
    "term_values",
]
