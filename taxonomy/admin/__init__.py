"""Vocabularies and terms in the admin, and what all curators' pages have in common."""

from .pages import CuratedAdmin, FinderFieldsAdmin, RegisterAdmin
from .terms import TermAdmin, VocabularyAdmin

__all__ = ["CuratedAdmin", "FinderFieldsAdmin", "RegisterAdmin", "TermAdmin", "VocabularyAdmin"]
