"""What may be done to a case, each a verb: every door (page, API, admin, loader) calls these, in one transaction each.

Who may is told by `cases.rights`. `by=None` is the catalogue itself, loading its own files.
"""

from .proposals import SUGGESTED, Outdated, accept, amend, decline, give_back, propose, remark, retract, suggest
from .rules import Refused, Stale, hold
from .states import MOVES, discard, merge, publish, redraft, rename, send_back, submit, withdraw
from .versions import revert
from .writing import BATCH, Change, change, change_all, create, create_all, keep_passages, publish_new, settle

__all__ = [
    "BATCH",
    "MOVES",
    "SUGGESTED",
    "Change",
    "Outdated",
    "Refused",
    "Stale",
    "accept",
    "amend",
    "change",
    "change_all",
    "create",
    "create_all",
    "decline",
    "discard",
    "give_back",
    "hold",
    "keep_passages",
    "merge",
    "propose",
    "publish",
    "publish_new",
    "redraft",
    "remark",
    "rename",
    "retract",
    "revert",
    "send_back",
    "settle",
    "submit",
    "suggest",
    "withdraw",
]
