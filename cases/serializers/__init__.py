"""The whole case as JSON: one shape to read and to write, the same as that of the case files.

Slugs name terms, sources, organisations and places. Everything wrong with a record is said at once, each mistake under
its field. `validated_data` is the matter that `actions.create` and `actions.change` take.
"""

from .case import CaseSerializer, validate_record
from .parts import PassageSerializer

__all__ = ["CaseSerializer", "PassageSerializer", "validate_record"]
