"""The admin: a whole case on one page, proposals, recodings, and the registers."""

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
