"""What may be done to notes and groups, each a verb, in one transaction each: every door calls these."""

from .following import follow
from .groups import close_group, join_group, leave_group, leave_groups, make_group, renew_invitation
from .moderation import approve, flag, hide
from .notes import annotate, reattach, remove, reply, resolve, revise
from .rules import COMMENT_LIMIT, QUOTE_LIMIT, TAGS_LIMIT, Misplaced, Refused, Stale

__all__ = [
    "COMMENT_LIMIT",
    "QUOTE_LIMIT",
    "TAGS_LIMIT",
    "Misplaced",
    "Refused",
    "Stale",
    "annotate",
    "approve",
    "close_group",
    "flag",
    "follow",
    "hide",
    "join_group",
    "leave_group",
    "leave_groups",
    "make_group",
    "reattach",
    "remove",
    "renew_invitation",
    "reply",
    "resolve",
    "revise",
]
