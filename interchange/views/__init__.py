"""Downloads, and the page on which notes are brought in as a file."""

from .cases import CasesCsv, CasesJsonLines

__all__ = ["CasesCsv", "CasesJsonLines"]
