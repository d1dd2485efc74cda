"""What the catalogue holds: registers (sources, passages, organisations, places), cases, their parts, its version."""

from .case import Absence, Case, CaseQuerySet, State
from .catalogue import ORIGIN, Catalogue, Record
from .parts import Arrangement, Basis, Caveat, Citation, Claim, Participation, PathwayLink
from .registers import Organisation, Passage, Place, Source
from .revision import Revision
from .searching import SearchRow, Word

__all__ = [
    "ORIGIN",
    "Absence",
    "Arrangement",
    "Basis",
    "Case",
    "CaseQuerySet",
    "Catalogue",
    "Caveat",
    "Citation",
    "Claim",
    "Organisation",
    "Participation",
    "Passage",
    "PathwayLink",
    "Place",
    "Record",
    "Revision",
    "SearchRow",
    "Source",
    "State",
    "Word",
]
