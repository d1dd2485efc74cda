"""The whole case as JSON: the same structure for reading and writing, and in case files.

Terms, sources, organisations and places are given by slug. All errors in a record are reported at once, each under its
field. `validated_data` is the validated record that `actions.create_case` and `actions.change_case` take.
"""

from .case import CaseSerializer, validate_record
from .parts import PassageSerializer

__all__ = ["CaseSerializer", "PassageSerializer", "validate_record"]
