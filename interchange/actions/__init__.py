"""What may be done with files: loading the catalogue's own, and bringing in notes."""

from .catalogue import counted, load
from .notes import Choice, Fate, Outcome, import_notes

__all__ = ["Choice", "Fate", "Outcome", "counted", "import_notes", "load"]
