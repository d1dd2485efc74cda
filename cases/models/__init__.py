"""What the catalogue holds: registers (sources, passages, organisations, places), cases, their parts, its version."""

from .case import Absence, Basis, Case, CaseQuerySet, OldAddress, State
from .catalogue import ORIGIN, Catalogue, Record
from .parts import Arrangement, Caveat, Citation, Claim, Participation, PathwayLink
from .proposal import Proposal, Remark
from .recoding import Recoding
from .registers import Organisation, Passage, Place, Source
from .revision import Revision
from .searching import SearchRow, Word
from .stored import RecordField
from .version import Act, Standing, Version

__all__ = [
    "ORIGIN",
    "Absence",
    "Act",
    "Arrangement",
    "Basis",
    "Case",
    "CaseQuerySet",
    "Catalogue",
    "Caveat",
    "Citation",
    "Claim",
    "OldAddress",
    "Organisation",
    "Participation",
    "Passage",
    "PathwayLink",
    "Place",
    "Proposal",
    "Recoding",
    "Record",
    "RecordField",
    "Remark",
    "Revision",
    "SearchRow",
    "Source",
    "Standing",
    "State",
    "Version",
    "Word",
]
