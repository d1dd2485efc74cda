"""Imports of cases in the admin, and the mappings by which tables are read."""

from .batches import BatchAdmin
from .mappings import MappingAdmin

__all__ = ["BatchAdmin", "MappingAdmin"]
