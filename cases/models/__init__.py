"""What the catalogue holds: registers (sources, passages, organisations, places), cases, and the parts of a case."""

from .case import Absence, Case, CaseQuerySet, State
from .parts import Arrangement, Basis, Caveat, Citation, Claim, Participation, PathwayLink
from .registers import Organisation, Passage, Place, Source

__all__ = [
    "Absence",
    "Arrangement",
    "Basis",
    "Case",
    "CaseQuerySet",
    "Caveat",
    "Citation",
    "Claim",
    "Organisation",
    "Participation",
    "Passage",
    "PathwayLink",
    "Place",
    "Source",
    "State",
]
