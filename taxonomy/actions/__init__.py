"""What may be done to the codebook, each a verb: every door (the admin, the loader) calls these.

Who may: curators, that is users with the permission `taxonomy.change_term`. `by=None` is the catalogue itself, loading
its own files.
"""

from .changes import codebook_changed, first_loaded, hold, said, settle
from .foresight import Ask, Effect, Foresight, Line, Outdated, Tally, foresee, foreseen
from .rules import Refused, Stale, may_recode, upwards
from .verbs import (
    REDEFINED,
    add,
    merge,
    redefine,
    refuse_merge,
    refuse_rename,
    refuse_restore,
    refuse_retire,
    refuse_split,
    rename,
    restore,
    retire,
    split,
)

__all__ = [
    "REDEFINED",
    "Ask",
    "Effect",
    "Foresight",
    "Line",
    "Outdated",
    "Refused",
    "Stale",
    "Tally",
    "add",
    "codebook_changed",
    "first_loaded",
    "foresee",
    "foreseen",
    "hold",
    "may_recode",
    "merge",
    "redefine",
    "refuse_merge",
    "refuse_rename",
    "refuse_restore",
    "refuse_retire",
    "refuse_split",
    "rename",
    "restore",
    "retire",
    "said",
    "settle",
    "split",
    "upwards",
]
