"""Notes as documents of the W3C Web Annotation Data Model, and back; docs/annotation-protocol.md says how.

- `document_of(note, reader)` is a note as `reader` may see it; without queries where it was fetched `whole`.
- `read(document, by=user)` is what a document asks for, as the verbs take it: a `Draft`. A mistake is a ValidationError
  of the API framework whose detail is nested as the document is; `parsed` makes a document of bytes, with the same.
- `reread(document, note, by=user)` is what a document asks an existing note to become.
- `collection`, `container` and `page` put documents together.
"""

from .checking import parsed, pointers
from .names import CONTEXT, LDP_CONTEXT, MEDIA_TYPE, PROFILE, absolute
from .reading import Draft, Fixed, read, reread
from .turtle import TURTLE, turtle
from .writing import Contents, collection, container, document_of, page

__all__ = [
    "CONTEXT",
    "LDP_CONTEXT",
    "MEDIA_TYPE",
    "PROFILE",
    "TURTLE",
    "Contents",
    "Draft",
    "Fixed",
    "absolute",
    "collection",
    "container",
    "document_of",
    "page",
    "parsed",
    "pointers",
    "read",
    "reread",
    "turtle",
]
