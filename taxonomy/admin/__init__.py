"""Vocabularies and terms in the admin, and the base classes of all curators' pages."""

from .pages import CuratedAdmin, FinderFieldsAdmin, RegisterAdmin, typed_in
from .terms import TermAdmin, VocabularyAdmin

__all__ = ["CuratedAdmin", "FinderFieldsAdmin", "RegisterAdmin", "TermAdmin", "VocabularyAdmin", "typed_in"]
