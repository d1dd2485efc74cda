"""The curators' pages: a whole case on one page, and the registers that cases refer to."""

from .case import CaseAdmin
from .registers import OrganisationAdmin, PassageAdmin, PlaceAdmin, SourceAdmin

__all__ = ["CaseAdmin", "OrganisationAdmin", "PassageAdmin", "PlaceAdmin", "SourceAdmin"]
