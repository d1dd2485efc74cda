"""The models: registers (sources, passages, organisations, places), cases with their parts, versions, proposals."""

from .case import Absence, Basis, Case, CaseQuerySet, OldAddress, State
from .catalogue import ORIGIN_PLACEHOLDER, CachedRepresentation, Catalogue
from .coding import CodingDoubt, CodingOrigin, Doubt, Origin
from .parts import (
    Arrangement,
    Caveat,
    Citation,
    Claim,
    Contribution,
    Finding,
    Participation,
    PathwayLink,
    PlaceGround,
    PublicInput,
    SectorGround,
)
from .proposal import Proposal, Remark
from .recoding import Recoding
from .registers import Organisation, Passage, Place, Source
from .revision import Revision
from .searching import SearchRow, Word
from .stored import RecordField
from .version import Act, CurrentVersion, Version

__all__ = [
    "ORIGIN_PLACEHOLDER",
    "Absence",
    "Act",
    "Arrangement",
    "Basis",
    "CachedRepresentation",
    "Case",
    "CaseQuerySet",
    "Catalogue",
    "Caveat",
    "Citation",
    "Claim",
    "CodingDoubt",
    "CodingOrigin",
    "Contribution",
    "CurrentVersion",
    "Doubt",
    "Finding",
    "OldAddress",
    "Organisation",
    "Origin",
    "Participation",
    "Passage",
    "PathwayLink",
    "Place",
    "PlaceGround",
    "Proposal",
    "PublicInput",
    "Recoding",
    "RecordField",
    "Remark",
    "Revision",
    "SearchRow",
    "SectorGround",
    "Source",
    "State",
    "Version",
    "Word",
]
