"""Everything that can be done to a case, one function each, in one transaction.

Pages, API, admin and loaders all call these. `cases.permissions` says who may do what; `by=None` is the catalogue
itself, for example when it loads its own files.
"""

from .affirming import affirm_cases, affirm_codings
from .passages import change_passage, create_passage
from .proposals import (
    SUGGESTIBLE_FIELDS,
    StaleProposal,
    accept_proposal,
    add_remark,
    amend_proposal,
    decline_proposal,
    propose_from_version,
    propose_revision,
    retract_proposal,
    return_proposal,
    suggest_correction,
)
from .registers import cases_to_move, change_thing, create_thing, merge_things, split_thing
from .rules import RuleViolation, StaleCase, lock_case
from .states import (
    ALLOWED_TRANSITIONS,
    discard_case,
    merge_case,
    publish_case,
    redraft_case,
    rename_case,
    return_case,
    submit_case,
    withdraw_case,
)
from .versions import revert_case
from .writing import (
    WRITE_BATCH_SIZE,
    CaseChange,
    change_case,
    change_cases,
    create_case,
    create_cases,
    create_published_cases,
    finalise_case,
    save_passages,
)

__all__ = [
    "ALLOWED_TRANSITIONS",
    "SUGGESTIBLE_FIELDS",
    "WRITE_BATCH_SIZE",
    "CaseChange",
    "RuleViolation",
    "StaleCase",
    "StaleProposal",
    "accept_proposal",
    "add_remark",
    "affirm_cases",
    "affirm_codings",
    "amend_proposal",
    "cases_to_move",
    "change_case",
    "change_cases",
    "change_passage",
    "change_thing",
    "create_case",
    "create_cases",
    "create_passage",
    "create_published_cases",
    "create_thing",
    "decline_proposal",
    "discard_case",
    "finalise_case",
    "lock_case",
    "merge_case",
    "merge_things",
    "propose_from_version",
    "propose_revision",
    "publish_case",
    "redraft_case",
    "rename_case",
    "retract_proposal",
    "return_case",
    "return_proposal",
    "revert_case",
    "save_passages",
    "split_thing",
    "submit_case",
    "suggest_correction",
    "withdraw_case",
]
