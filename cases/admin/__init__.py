"""The curators' pages: a whole case on one page, and the registers that cases refer to."""

from .case import CaseAdmin
from .proposals import ProposalAdmin
from .recodings import RecodingAdmin
from .registers import OrganisationAdmin, PassageAdmin, PlaceAdmin, SourceAdmin

__all__ = [
    "CaseAdmin",
    "OrganisationAdmin",
    "PassageAdmin",
    "PlaceAdmin",
    "ProposalAdmin",
    "RecodingAdmin",
    "SourceAdmin",
]
