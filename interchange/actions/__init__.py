"""What may be done with files: loading the catalogue's own, importing cases, and bringing in notes."""

from .batches import (
    REFUSALS,
    WRITTEN,
    Edited,
    Moved,
    apply,
    decide,
    forget,
    keep_plan,
    plan_again,
    plan_next,
    receive,
    said_before,
    undo,
    version_now,
    why,
)
from .catalogue import counted, load
from .notes import Choice, Fate, Outcome, import_notes

__all__ = [
    "REFUSALS",
    "WRITTEN",
    "Choice",
    "Edited",
    "Fate",
    "Moved",
    "Outcome",
    "apply",
    "counted",
    "decide",
    "forget",
    "import_notes",
    "keep_plan",
    "load",
    "plan_again",
    "plan_next",
    "receive",
    "said_before",
    "undo",
    "version_now",
    "why",
]
