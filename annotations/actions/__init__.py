"""Every change to notes and groups, each in one transaction. Pages, API and admin all call these."""

from .following import reanchor_notes
from .groups import close_group, create_group, join_group, leave_group, leave_groups, renew_invitation
from .moderation import approve_note, flag_note, hide_note
from .notes import create_note, delete_note, reattach_note, reply_to_note, resolve_thread, revise_note
from .rules import MAX_COMMENT_LENGTH, MAX_QUOTE_LENGTH, MAX_TAGS, AnchoringError, RuleViolation, StaleNote

__all__ = [
    "MAX_COMMENT_LENGTH",
    "MAX_QUOTE_LENGTH",
    "MAX_TAGS",
    "AnchoringError",
    "RuleViolation",
    "StaleNote",
    "approve_note",
    "close_group",
    "create_group",
    "create_note",
    "delete_note",
    "flag_note",
    "hide_note",
    "join_group",
    "leave_group",
    "leave_groups",
    "reanchor_notes",
    "reattach_note",
    "renew_invitation",
    "reply_to_note",
    "resolve_thread",
    "revise_note",
]
