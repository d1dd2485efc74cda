"""Vocabularies and terms in the admin, and what all curators' pages have in common."""

from .pages import CuratedAdmin, Finding, Register
from .terms import TermAdmin, VocabularyAdmin

__all__ = ["CuratedAdmin", "Finding", "Register", "TermAdmin", "VocabularyAdmin"]
